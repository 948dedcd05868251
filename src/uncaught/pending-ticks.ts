import { executionAsyncResource } from 'node:async_hooks'

/**
 * Ticks that are made by ticks that throw, so many times one after the other, are a loop: a thousand ticks, of which every
 * second one is noticed. How many there are at one time says nothing: a client may choose how many items an app handles
 * in ticks.
 */
const MAX_GENERATIONS = 500

/** `_tickCallback` is undocumented: it runs the queue of ticks, as Node does after each callback. */
const node = process as { _tickCallback?: () => void; emit: NodeJS.EventEmitter['emit'] }

let isRunning = false

/**
 * Whether the error that Node reports right now was thrown by a tick: the async resource of `process.nextTick` has
 * these two properties.
 */
export function isThrownByTick(): boolean {
  const resource = executionAsyncResource()
  return 'callback' in resource && 'args' in resource
}

/**
 * Runs the ticks that were due after one that threw, and reports what they throw as Node would. Node would run them
 * after its next callback, which may be the HTTP parser of another connection. If a second tick throws there, that
 * parser stops for good, and its request is never answered.
 *
 * @returns Whether the ticks never end: each that throws has made another one, and nothing else runs any more.
 */
export function runPendingTicks(): boolean {
  if (isRunning || typeof node._tickCallback !== 'function') return false
  isRunning = true
  let generations = 0
  let isMarked = false
  const mark = (): void => {
    isMarked = false
    generations += 1
  }
  try {
    // without a listener Node is about to end the process
    while (generations < MAX_GENERATIONS && process.listenerCount('uncaughtException') > 0) {
      // runs when all ticks have run that are there by now
      if (!isMarked) process.nextTick(mark)
      isMarked = true
      try {
        node._tickCallback()
        return false
      } catch (error) {
        report(error)
      }
    }
    return process.listenerCount('uncaughtException') > 0
  } finally {
    isRunning = false
  }
}

function report(error: unknown): void {
  try {
    node.emit('uncaughtExceptionMonitor', error, 'uncaughtException')
    node.emit('uncaughtException', error, 'uncaughtException')
  } catch (failure) {
    // a listener of the app threw: Node reports that as an uncaught exception
    setImmediate(() => {
      throw failure
    })
  }
}
