import type { RouteState } from '../deaths/route-state.ts'
import { StateFile } from '../deaths/state-file.ts'
import { printable } from '../report/format.ts'
import { count } from './judge.ts'
import { closedByHand, isClosed, releasedByHand } from './transitions.ts'

/** What `npx fastify-isolate quarantine` is asked. */
export interface QuarantineCommand {
  /** The recorder's folder. */
  readonly folder: string
  /** `list`, `release` or `close`. */
  readonly action: string
  /** The route's name: `GET /users/:id`. */
  readonly route: string | undefined
  /** Why it is closed. */
  readonly reason: string | undefined
  readonly asJson: boolean
}

/**
 * Lists, releases or closes routes in the recorder's folder, and returns what is to be printed. The processes that run
 * look there every second.
 *
 * @returns Undefined where the command is none.
 * @throws Error where the folder cannot be used, or says nothing of the route.
 */
export function runQuarantine(command: QuarantineCommand): string | undefined {
  const { folder, action, route, reason, asJson } = command
  const failures: string[] = []
  // It goes on in memory then, which nobody else would ever see.
  const file = new StateFile(folder, (message, error) =>
    failures.push(`${message}: ${(error as Error).message}`),
  )
  const throwFailure = (): void => {
    if (failures.length > 0) throw new Error(failures.join('\n'))
  }
  const { build, routes } = file.read()
  throwFailure()
  if (build === '')
    throw new Error(`No app with a quarantine has run with ${folder} as the folder of its recorder`)
  const closed = Object.entries(routes).filter(([, state]) => isClosed(state) && state.build === build)
  if (action === 'list' && route === undefined) return asJson ? printJson(closed) : printText(closed)
  if (route === undefined) return undefined
  if (action === 'release' && reason === undefined) {
    const { [route]: state } = Object.fromEntries(closed)
    if (state === undefined) throw new Error(`${route} is not closed. ${printText(closed)}`)
    store(file, route, (before) => releasedByHand(before ?? state, Date.now()))
    throwFailure()
    return `${route} is released.\n`
  }
  if (action === 'close' && reason !== undefined) {
    store(file, route, (before) => closedByHand(before, reason, build, Date.now()))
    throwFailure()
    return `${route} is closed until it is released, or a new build starts. The app's log says so within seconds.\n`
  }
  return undefined
}

function store(file: StateFile, route: string, make: (before: RouteState | undefined) => RouteState): void {
  file.update((state) => {
    const { [route]: before } = state.routes
    const isOfBuild = before?.build === state.build
    return { ...state, routes: { ...state.routes, [route]: make(isOfBuild ? before : undefined) } }
  })
}

type Closed = readonly (readonly [string, RouteState])[]

function printJson(closed: Closed): string {
  return `${JSON.stringify(Object.fromEntries(closed), null, 2)}\n`
}

function printText(closed: Closed): string {
  if (closed.length === 0) return 'No route is closed.\n'
  return printable(closed.map(([route, state]) => `${route}  ${describe(state)}\n`).join(''))
}

function describe({ until, deaths, evidence, relapses, goodTrials }: RouteState): string {
  const end = until === undefined ? 'until it is released' : `tried after ${new Date(until).toISOString()}`
  const parts = [
    `closed, ${end}`,
    deaths.length > 0 && count(deaths.length),
    relapses > 0 && `closed again ${relapses === 1 ? 'once' : `${relapses} times`}`,
    goodTrials > 0 && `good trials: ${goodTrials}`,
    evidence,
  ]
  return parts.filter((part) => part !== false).join('; ')
}
