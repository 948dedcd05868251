import { attempt } from '../attempt.ts'
import { StateFile } from '../deaths/state-file.ts'
import { lifeId as nameLife, thisProcess } from '../flight/this-process.ts'
import { ignoreRejection } from '../ignore-rejection.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import { logWarning } from '../log/log.ts'
import { buildOfApp } from '../options/app-build.ts'
import type { ResolvedQuarantine } from '../options/resolved.ts'
import type { CoveredRoute } from '../request/context.ts'
import { settlesWithin } from '../settles-within.ts'
import { CombinedStore } from './combined-store.ts'
import { Gate } from './gate.ts'
import { LocalStore } from './local-store.ts'
import { ownDeath } from './own-death.ts'
import { RouteQuarantine } from './quarantine.ts'
import { QuarantineLog } from './tell.ts'
import { TurnedAway } from './turned-away.ts'

/** Milliseconds between two looks at what other processes have learned, where no file tells of it. */
const REFRESH = 10_000

/**
 * Closes the routes that kill. Called when the plugin loads, after the recorder was installed.
 *
 * @param routes The covered routes; all are there once the app is ready.
 */
export function installQuarantine(
  app: IsolatedApp,
  options: ResolvedQuarantine,
  routes: readonly CoveredRoute[],
): void {
  const { fastify, recorder } = app
  const { log } = fastify
  const folder = app.options.recorder === false ? undefined : app.options.recorder.dir
  const build = buildOfApp(app.options)
  const lifeId = recorder?.lifeId ?? nameLife(thisProcess())
  const warn = (message: string, error?: unknown): void =>
    error === undefined ? attempt(() => log.warn(message), undefined) : logWarning(log, error, message)
  const local = folder === undefined ? undefined : new LocalStore(new StateFile(folder, warn))
  const store = new CombinedStore(options.store, local, options.loadTimeout, warn)
  const tell = new QuarantineLog(log, app.options.onQuarantine, folder)
  const pastLives = recorder?.pastLives ?? []
  const endedInOrder = new Set(pastLives.flatMap(({ id, how }) => (how === 'died' ? [] : id)))
  const quarantine = new RouteQuarantine({ options, build, lifeId, endedInOrder, store, log: tell })
  const turnedAway = new TurnedAway(log, app.options.log.window)
  const isLeaving = (): boolean => app.state === 'leaving'
  const gate = new Gate({ quarantine, turnedAway, lifeId, recorder, isLeaving })
  const deaths = pastLives.flatMap(({ death }) => death ?? [])
  let listenedAt: number | undefined
  let timer: NodeJS.Timeout | undefined
  let stopWatching: (() => void) | undefined
  fastify.addHook('onReady', (done) => {
    const look = async (): Promise<void> => {
      quarantine.guard(routes, gate)
      await store.recordAll(deaths, build)
      await quarantine.refresh(
        deaths,
        deaths.some(({ culprit }) => culprit === undefined),
      )
    }
    // what comes later is still applied
    settlesWithin(look(), options.loadTimeout).then(() => done(), done)
  })
  fastify.addHook('onListen', (done) => {
    listenedAt ??= Date.now()
    ignoreRejection(local?.startBuild(build))
    const refresh = (): void => ignoreRejection(quarantine.refresh())
    timer ??= setInterval(refresh, REFRESH).unref()
    stopWatching ??= local?.watch(refresh)
    done()
  })
  fastify.addHook('onClose', (_app, done) => {
    clearInterval(timer)
    stopWatching?.()
    turnedAway.flush()
    done()
  })
  app.quarantine = {
    list: () => quarantine.list(),
    release: (route) => quarantine.release(route),
    close: (route, reason) => quarantine.close(route, reason),
    leaving: async (report) => {
      if (report.reason !== 'fatal') return gate.giveBack()
      const death = ownDeath(report, { id: lifeId, build, listenedAt })
      // the next process on this disk knows more of it
      if (death !== undefined) await store.recordAway(death)
    },
  }
}
