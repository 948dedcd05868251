import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Life, ListenAddress, State } from '../deaths/state.ts'
import { StateFile } from '../deaths/state-file.ts'
import type { Internals } from '../fastify/internals.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import { leave } from '../leave/leave.ts'
import { logWarning } from '../log/log.ts'
import { buildOfApp } from '../options/app-build.ts'
import type { ResolvedLoop } from '../options/resolved.ts'
import { addLives, dropLife, putLife } from './add-lives.ts'
import { onBootDeath } from './boot-death.ts'
import { describeSeries, fieldsOf } from './describe-series.ts'
import { hold } from './hold.ts'
import { isGuarded } from './is-guarded.ts'
import { parkingAddresses } from './parked-server.ts'
import { type Series, seriesOf, waitBefore } from './series.ts'

/** The first start in a row at which the log tells of the deaths before it. */
const TOLD_FROM = 3
/** Milliseconds between two lines that say why an app does not run. */
const SAID_EVERY = 60_000
/** How many addresses are remembered. */
const MOST_ADDRESSES = 8

/**
 * Looks at how the processes before this one ended, and holds an app that dies again and again, or ends its process.
 * Called when the plugin loads: what is registered after it is held.
 */
export function guardFromCrashLoop(app: IsolatedApp, internals: Internals): void {
  const { fastify, options, recorder } = app
  const { loop } = options
  if (loop === false || options.recorder === false || recorder === undefined || !isGuarded()) return
  const file = new StateFile(options.recorder.dir, (message, error) =>
    logWarning(fastify.log, error, message),
  )
  const state = file.update((before) => addLives(before, recorder.pastLives))
  const build = buildOfApp(options)
  const series = seriesOf(state.lives, build, loop.window, Date.now())
  rememberAddresses(fastify, file, state)
  const own = { id: recorder.lifeId, build, startedAt: Math.round(performance.timeOrigin) }
  let hasGivenUp = false
  const put: Put = (how, because, loading) => {
    hasGivenUp = how === 'gaveUp'
    file.update((before) => putLife(before, { ...own, endedAt: Date.now(), how, because, loading }))
  }
  const forget = (): void => {
    file.update((before) => dropLife(before, own.id))
  }
  onBootDeath(app, internals, (loading) => {
    if (!hasGivenUp) put('died', 'exited with an error before it listened', loading)
  })
  const starts = series.deaths.length + 1
  if (starts >= TOLD_FROM) fastify.log.error({ loop: fieldsOf(series) }, describeSeries(series))
  if (starts < loop.limit) return
  if (loop.action === 'exit') giveUp(app, series, put)
  else holdApp(app, internals, loop, { series, state, put, forget })
}

/** Writes down what becomes of this process. */
type Put = (how: Life['how'], because: string, loading?: string) => void

/** Ends the process, but only once: the next start is to try whether what was broken has been mended. */
function giveUp(app: IsolatedApp, series: Series, put: Put): void {
  if (series.gaveUpLast) return
  const note = `${describeSeries(series)}: the app is given up, and the next start tries it again`
  put('gaveUp', note)
  app.isHeld = true
  holdBoot(app.fastify, async () => {
    await leave('crash-loop', undefined, { note })
    throw new Error(note)
  })
}

/** What is known as a process begins. */
interface Known {
  readonly series: Series
  readonly state: State
  readonly put: Put
  /** Undoes `put`. */
  readonly forget: () => void
}

function holdApp(
  app: IsolatedApp,
  internals: Internals,
  loop: ResolvedLoop,
  { series, state, put, forget }: Known,
): void {
  const { fastify } = app
  const wait = waitBefore(series.deaths.length + 1 - loop.limit)
  const isParked = loop.action === 'park'
  const addresses = parkingAddresses(state.addresses, process.env)
  const kind = internals.optionsOf(fastify) ?? {}
  app.isHeld = true
  put('held', describeSeries(series))
  holdBoot(fastify, async () => {
    await hold(app, {
      wait,
      parked: isParked ? { kind, addresses } : undefined,
      liveness: loop.liveness,
      sayEvery: SAID_EVERY,
      say: (seconds) =>
        fastify.log.warn({ loop: fieldsOf(series) }, describeHold(series, seconds, isParked, addresses)),
      stopped: (signal) => put('signal', `ended on ${signal}`),
    })
    app.isHeld = false
    // From now on the recorder says how it ends.
    forget()
    fastify.log.info('the app is tried again')
  })
}

function describeHold(
  series: Series,
  seconds: number,
  isParked: boolean,
  addresses: readonly ListenAddress[],
): string {
  const again = `${describeSeries(series)}: the app is tried again in ${seconds} s`
  if (!isParked) return again
  const where = addresses.map(({ host, port, path }) => path ?? `${host ?? '*'}:${port}`).join(', ')
  return addresses.length === 0
    ? `parked, and not listening, because no address of the app is known; ${again}`
    : `parked on ${where}, where everything is answered 503; ${again}`
}

/**
 * Holds the boot until a function is done. A plugin that is a promise is awaited without `pluginTimeout`; the plugins
 * that are registered after this one wait for it.
 */
function holdBoot(fastify: FastifyInstance, until: () => Promise<void>): void {
  const plugin = fp(async () => {}, { name: 'fastify-isolate-hold' })
  fastify.register(until().then(() => ({ default: plugin })))
}

/** Writes down where the app listens, for a later process that is to be parked there. */
function rememberAddresses(fastify: FastifyInstance, file: StateFile, state: State): void {
  fastify.addHook('onListen', (done) => {
    const addresses = fastify
      .addresses()
      .slice(0, MOST_ADDRESSES)
      .map((each) => (typeof each === 'string' ? { path: each } : { host: each.address, port: each.port }))
    if (JSON.stringify(addresses) !== JSON.stringify(state.addresses)) {
      file.update((before) => ({ ...before, addresses }))
    }
    done()
  })
}
