import { executionAsyncResource } from 'node:async_hooks'

/** So often a poller may fail, and go on. */
const MOST_THROWN = 100

/** How often each timer has thrown since its request ended. */
const thrown: WeakMap<object, number> = new WeakMap()

/**
 * Counts what Node reports right now for the timer that threw it, and clears an interval that throws again and again
 * though its request has ended. In bare Node its first error ends the process. Where it does not, an interval
 * throws for ever, and a few thousand of them, which a client had started, leave no time for anybody else.
 *
 * @returns Whether it was cleared.
 */
export function endTimer(): boolean {
  // the resource of a timer is the timer itself
  const timer = executionAsyncResource()
  if (!('hasRef' in timer && 'refresh' in timer)) return false
  const times = (thrown.get(timer) ?? 0) + 1
  thrown.set(timer, times)
  if (times < MOST_THROWN) return false
  clearInterval(timer as NodeJS.Timeout)
  return true
}
