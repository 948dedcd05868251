import { executionAsyncResource } from 'node:async_hooks'

/** Ticks that may throw one after the other before the rest is left to Node after all. */
const MOST = 1000

/** Node's own, and undocumented: runs the queue of ticks, as it does after each callback. */
const node = process as { _tickCallback?: () => void; emit: NodeJS.EventEmitter['emit'] }

let isRunning = false

/** Whether the error that Node is reporting right now was thrown by a tick: `process.nextTick` keeps it like this. */
export function isThrownByTick(): boolean {
  const resource = executionAsyncResource()
  return 'callback' in resource && 'args' in resource
}

/**
 * Runs the ticks that were due behind one that threw. Node leaves them to the callback that it calls next, which
 * may be the one that has the body of a request, on whatever connection: when a second tick throws there, Node's
 * HTTP parser stops for good, and that request, which has nothing to do with it, is never answered. What they
 * throw is reported as Node would.
 */
export function runPendingTicks(): void {
  if (isRunning || typeof node._tickCallback !== 'function') return
  isRunning = true
  try {
    // without a listener the process is about to die as in bare Node
    for (let thrown = 0; thrown < MOST && process.listenerCount('uncaughtException') > 0; thrown += 1) {
      try {
        node._tickCallback()
        return
      } catch (error) {
        report(error)
      }
    }
  } finally {
    isRunning = false
  }
}

function report(error: unknown): void {
  try {
    node.emit('uncaughtExceptionMonitor', error, 'uncaughtException')
    node.emit('uncaughtException', error, 'uncaughtException')
  } catch (failure) {
    // a listener of the app's own that throws: that is for Node to meet
    setImmediate(() => {
      throw failure
    })
  }
}
