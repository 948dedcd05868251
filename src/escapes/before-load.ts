import type { FastifyInstance } from 'fastify'
import { IsolatedApp } from '../isolated-app.ts'
import { addApp, leave } from '../leave/leave.ts'
import type { LeavingApp } from '../leave/leaving-app.ts'
import { stderrLogger } from '../log/stderr.ts'
import type { ResolvedOptions } from '../options/resolved.ts'
import {
  addHandler,
  type Escape,
  type EscapeHandler,
  removeHandler,
  type Takes,
} from '../uncaught/listener.ts'

/**
 * Takes what escapes before the plugin has loaded, as where a database does not answer the ping that a program awaits
 * between `register()` and `listen()`. Fastify loads no plugin before `ready()` or `listen()`, so the app is not known
 * yet: the line goes to stderr.
 */
class EscapesBeforeLoad implements EscapeHandler {
  readonly #options: ResolvedOptions

  constructor(options: ResolvedOptions) {
    this.#options = options
  }

  serving(): boolean {
    return false
  }

  inFlight(): number {
    return 0
  }

  takeOwn(): Takes {
    return 'unknown'
  }

  takeAsOnlyRequest(): Takes {
    return 'unknown'
  }

  takeUnowned({ error, origin }: Escape): Takes {
    const log = stderrLogger()
    const app = new IsolatedApp({ log } as FastifyInstance, this.#options)
    app.leaveControl = {
      state: 'serving',
      recycleDue: undefined,
      fatal: (fault, announce) => {
        addApp(unloadedApp(app))
        void leave('fatal', fault, { announce })
      },
      recycle: () => {},
      escaped: () => {},
      sick: () => {},
      leave: async () => {},
    }
    app.recordFault({ error, origin, attributedTo: 'none', context: undefined, extra: { phase: 'boot' } })
    return 'taken'
  }

  handledLate(): boolean {
    return false
  }

  /** The first of these errors was a failed start: the process leaves already, and cannot go on with that. */
  endLoop(): boolean {
    return this.#options.leave.exit === undefined
  }

  leaveContext(): void {}
}

/** An app of which nothing is known but the options: there is nothing to drain or to close. */
function unloadedApp({ fastify, options, ledger }: IsolatedApp): LeavingApp {
  return {
    log: fastify.log,
    leave: options.leave,
    fastifyVersion: null,
    hasServed: () => false,
    fingerprints: () => ledger.fingerprints(),
    inFlight: () => [],
    watchForSickness: () => {},
    startLeaving: () => {},
    stopAccepting: () => {},
    drained: async () => {},
    tellOthers: async () => {},
    cut: () => [],
    close: async () => {},
  }
}

/** One for each copy of the package: from when a plugin has loaded, its app takes what belongs to nobody. */
let current: EscapesBeforeLoad | undefined

/**
 * Takes what escapes until {@link stopTakingBeforeLoad}. Does nothing where `escapes` is off or that of another plugin
 * is waited for already. Never throws.
 *
 * @param options Undefined where they are wrong: nothing is taken, and the plugin tells as it loads.
 */
export function takeBeforeLoad(options: ResolvedOptions | undefined): void {
  if (current !== undefined || options?.escapes !== true) return
  current = new EscapesBeforeLoad(options)
  addHandler(current)
}

/** Called when a plugin has loaded, or has failed to. */
export function stopTakingBeforeLoad(): void {
  if (current !== undefined) removeHandler(current)
  current = undefined
}
