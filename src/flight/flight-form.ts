import { type Check, has, isList, isNumber, isOptional, isText } from '../deaths/json-form.ts'
import { type EndMark, FLIGHT_VERSION, type FlightHeader, type SeenFault } from './layout.ts'

/** Whether a value of JSON says who wrote a file of this version. */
export const isFlightHeader: Check = has<FlightHeader>({
  version: (value) => value === FLIGHT_VERSION,
  id: isText,
  build: isText,
  pid: isNumber,
  host: isText,
  startedAt: isNumber,
  startTicks: isOptional(isText),
  bootId: isOptional(isText),
  pidNamespace: isOptional(isText),
  listenedAt: isOptional(isNumber),
  versions: has<FlightHeader['versions']>({ node: isText, fastify: isText, 'fastify-isolate': isText }),
  platform: isText,
})

type Mark<Name extends keyof EndMark> = NonNullable<EndMark[Name]>
const isFlag: Check = (value) => typeof value === 'boolean'

/** Whether a value of JSON says how a process ended. */
export const isEndMark: Check = has<EndMark>({
  signal: isOptional(has<Mark<'signal'>>({ name: isText, at: isNumber })),
  fatal: isOptional(
    has<Mark<'fatal'>>({
      cause: (value) => value === 'fatal' || value === 'runaway',
      because: isText,
      culprit: isOptional(isText),
      at: isNumber,
    }),
  ),
  left: isOptional(has<Mark<'left'>>({ because: isText, isSignal: isFlag, at: isNumber })),
  exit: isOptional(
    has<Mark<'exit'>>({
      code: isNumber,
      wasCalled: isFlag,
      callers: isList(isText),
      culprit: isOptional(isText),
      at: isNumber,
    }),
  ),
})

/** Whether a value of JSON is a list of faults. */
export const isSeenFaults: Check = isList(
  has<SeenFault>({
    id: isText,
    at: isNumber,
    origin: isText,
    verdict: isText,
    type: isText,
    fingerprint: isText,
    route: isOptional(isText),
  }),
)
