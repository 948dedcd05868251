import { clearInterval, setImmediate, setInterval, setTimeout } from 'node:timers'
import { Worker } from 'node:worker_threads'
import { load } from '../load.ts'
import { EXIT_FATAL } from '../options/exit-codes.ts'
import { Interrupt, type WatchedApp } from './interrupt.ts'
import { BEAT, CONNECTED, DEBUGGED, INTERRUPT, WORDS } from './shared-words.ts'
import { THREAD_CODE } from './thread-code.ts'
import type { AppData, ThreadData } from './thread-data.ts'

/** Milliseconds that an exit waits for the thread to let go of its inspector session. */
const LET_GO_TIME = 1_000

/** Under this global property all copies of the package share the one watch of the process. */
const WATCH: unique symbol = Symbol.for('fastify-isolate.watch') as never
const INTERRUPT_SYMBOL: unique symbol = Symbol.for(INTERRUPT) as never
const shared = globalThis as { [WATCH]?: Watch; [INTERRUPT_SYMBOL]?: Interrupt['ask'] }

/** The heartbeat of the main thread, and the thread that watches it. */
export interface Watch {
  readonly apps: Set<WatchedApp>
  /** The words that both threads share. */
  readonly words: Int32Array
  /** Tells the thread of an app. */
  tell(about: AppData): void
  /** Stops the thread. */
  stop(): void
}

/**
 * Watches the main thread on behalf of an app. The thread of the first app serves all of them, with the least number of
 * milliseconds of the first: another app's routes are asked in the interrupt.
 *
 * @param about What the thread is told of the app.
 * @param after The least number of milliseconds after which a request of the app is a runaway.
 * @param onFailure Called where the thread fails later.
 * @throws Error Where the thread cannot be started, as with Node's permission model.
 */
export function watchFor(
  app: WatchedApp,
  about: AppData,
  after: number,
  onFailure: (error: unknown) => void,
): void {
  shared[WATCH] ??= startWatch(after, onFailure)
  shared[WATCH].tell(about)
  shared[WATCH].apps.add(app)
}

/** Ends what {@link watchFor} began. The last app stops the thread. Does nothing the second time. */
export function unwatchFor(app: WatchedApp): void {
  const watch = shared[WATCH]
  if (watch === undefined || !watch.apps.delete(app) || watch.apps.size > 0) return
  delete shared[WATCH]
  watch.stop()
}

/** The watch of the process, undefined where nothing is watched. */
export function currentWatch(): Watch | undefined {
  return shared[WATCH]
}

function startWatch(after: number, onFailure: (error: unknown) => void): Watch {
  const words = new Int32Array(new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT))
  // a Node without it refuses to load it
  const inspector = load('node:inspector') as typeof import('node:inspector')
  const isDebugged = (): boolean => inspector.url() !== undefined
  const isText = typeof THREAD_CODE === 'string'
  const workerData: ThreadData = { words, after, pid: process.pid }
  // As text it gets no flags and no environment, so that modules which the app preloads do not run again.
  const own = isText ? { eval: true, execArgv: [], env: {} } : {}
  const worker = new Worker(THREAD_CODE, { workerData, ...own })
  worker.once('error', onFailure)
  worker.unref()
  const apps = new Set<WatchedApp>()
  const interrupt = new Interrupt(words, apps, isDebugged, exitNext)
  Object.defineProperty(globalThis, INTERRUPT_SYMBOL, {
    value: (question: Parameters<Interrupt['ask']>[0]) => interrupt.ask(question),
    configurable: true,
  })
  const beat = (): void => {
    const debugged = isDebugged()
    if (debugged) for (const app of apps) app.warnOfDebugger()
    Atomics.store(words, DEBUGGED, debugged ? 1 : 0)
    Atomics.add(words, BEAT, 1)
  }
  const heart = setInterval(beat, Math.max(10, after / 20))
  heart.unref()
  // An exit that joins the thread while it connects or disconnects can hang.
  const letGo = (): void => {
    const end = performance.now() + LET_GO_TIME
    while (Atomics.load(words, CONNECTED) === 1 && performance.now() < end);
  }
  process.on('exit', letGo)
  return {
    apps,
    words,
    tell: (about) => worker.postMessage(about),
    stop() {
      clearInterval(heart)
      process.off('exit', letGo)
      delete shared[INTERRUPT_SYMBOL]
      worker.terminate().catch(() => {})
    },
  }
}

/** Exits as soon as anything runs again, because even the way out is blocked. */
function exitNext(): void {
  const exit = (): void => process.exit(EXIT_FATAL)
  process.nextTick(exit)
  setImmediate(exit)
  setTimeout(exit, 0)
}
