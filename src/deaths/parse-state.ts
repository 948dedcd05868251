import type { Death } from './death.ts'
import {
  type Check,
  has,
  isList,
  isNumber,
  isObject,
  isOneOf,
  isOptional,
  isRecord,
  isText,
} from './json-form.ts'
import type { RouteState } from './route-state.ts'
import { type Life, type ListenAddress, STATE_VERSION, type State } from './state.ts'

/** Whether a value of JSON is a death. */
export const isDeath: Check = has<Death>({
  id: isText,
  build: isText,
  host: isText,
  pid: isNumber,
  startedAt: isNumber,
  listenedAt: isOptional(isNumber),
  diedAt: isNumber,
  cause: isOneOf('fatal', 'runaway', 'exit', 'sudden'),
  because: isText,
  culprit: isOptional(isText),
  inFlight: isList(isText),
  presence: isRecord(isNumber),
  arrivals: isRecord(isNumber),
  samples: isNumber,
})

/** Whether a value of JSON is the state of a route. */
export const isRouteState: Check = has<RouteState>({
  revision: isNumber,
  build: isText,
  status: isOneOf('closed', 'released'),
  since: isNumber,
  until: isOptional(isNumber),
  relapses: isNumber,
  goodTrials: isNumber,
  trial: isOptional(has<NonNullable<RouteState['trial']>>({ by: isText, until: isNumber })),
  deaths: isList(isText),
  evidence: isText,
  by: isOneOf('deaths', 'hand'),
})

const isLife = has<Life>({
  id: isText,
  build: isText,
  startedAt: isNumber,
  listenedAt: isOptional(isNumber),
  endedAt: isOptional(isNumber),
  how: isOneOf('orderly', 'signal', 'died', 'held', 'gaveUp'),
  because: isText,
  loading: isOptional(isText),
  culprit: isOptional(isText),
})

const isListenAddress = has<ListenAddress>({
  host: isOptional(isText),
  port: isOptional(isNumber),
  path: isOptional(isText),
})

const isState = has<State>({
  version: (value) => value === STATE_VERSION,
  build: isText,
  deaths: isList(isDeath),
  routes: isRecord(isRouteState),
  lives: isList(isLife),
  addresses: isOptional(isList(isListenAddress)),
})

/**
 * Reads a state from its text.
 *
 * @throws Error that says why it is none: it is no JSON, has another form, or is of a later version.
 */
export function parseState(text: string): State {
  const value: unknown = JSON.parse(text)
  if (isObject(value) && typeof value.version === 'number' && value.version > STATE_VERSION) {
    throw new Error(`it is of version ${value.version}, and this one reads version ${STATE_VERSION}`)
  }
  if (!isState(value)) throw new Error('it does not have the form of a state')
  return value as State
}
