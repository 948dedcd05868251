import { AsyncLocalStorage } from 'node:async_hooks'

/** Called with what a listener threw or rejected with, and the listener, where it is known. It must not throw. */
export type OnFailure = (failure: unknown, listener?: object) => void

/**
 * Milliseconds for which what a listener started counts as the listener's. A connection that it opened for a pool keeps
 * its context for as long as it is open, and serves requests that have nothing to do with it.
 */
const LISTENER_TIME = 10_000

/** Its fields are private because Node keeps it on timers and connections, which an app may compare or print. */
class ListenerContext {
  readonly onFailure: OnFailure
  readonly #caller: object
  readonly #isTheirs: () => boolean
  readonly #calledAt: number = performance.now()

  constructor(caller: object, onFailure: OnFailure, isTheirs: () => boolean) {
    this.#caller = caller
    this.onFailure = onFailure
    this.#isTheirs = isTheirs
  }

  /** Whether the listeners were called on behalf of this object. */
  isFor(caller: object): boolean {
    return this.#caller === caller
  }

  /** Whether what runs now is the work of the listeners. */
  isWorking(): boolean {
    return this.#isTheirs()
  }

  get isOver(): boolean {
    return performance.now() - this.#calledAt >= LISTENER_TIME
  }
}

/** The asynchronous context of the listeners that {@link runListeners} calls, and of everything that they start. */
export const listenerStorage: AsyncLocalStorage<ListenerContext | undefined> = new AsyncLocalStorage()

/**
 * Calls listeners in an asynchronous context of their own, so that {@link takeListenerFailure} recognises an error that
 * escapes from them. As a fault it would be announced to the same listeners, and cause the next one, without end.
 *
 * @param caller The object on whose behalf they are called, for {@link isListenerOf}.
 * @param run Calls the listeners.
 * @param isTheirs Whether what runs now in their context is the work of the listeners, and not of a request that they
 *   have injected. Default: always.
 */
export function runListeners(
  caller: object,
  onFailure: OnFailure,
  run: () => void,
  isTheirs: () => boolean = () => true,
): void {
  listenerStorage.run(new ListenerContext(caller, onFailure, isTheirs), run)
}

function currentListener(): ListenerContext | undefined {
  const context = listenerStorage.getStore()
  return context === undefined || context.isOver ? undefined : context
}

/** Whether the running code is, or was started by, a listener that was called on behalf of this object. */
export function isListenerOf(caller: object): boolean {
  return currentListener()?.isFor(caller) === true
}

/**
 * If the error that Node reports right now comes from a listener, passes it to the `onFailure` of
 * {@link runListeners}. Returns true then: the error is not a fault.
 */
export function takeListenerFailure(failure: unknown): boolean {
  const context = currentListener()
  if (context === undefined || !context.isWorking()) return false
  context.onFailure(failure)
  return true
}
