import { executionAsyncId } from 'node:async_hooks'
import { framesIn, traceOf } from '../fault/stack.ts'

/** So many errors in one turn mean that there is no other. */
const MAX_THROWN = 1000

/** How often Node has thrown in this turn of the event loop. */
let thrown = 0

/**
 * Whether Node's list of immediates is broken for good. Where a tick clears the immediate that is due next and then
 * throws, Node begins again with the cleared one, fails, and begins again with it: it throws for ever, and nothing else
 * gets a turn. Such an error is Node's own, and comes from no callback.
 *
 * @param error What Node reports right now.
 */
export function isListOfImmediatesBroken(error: unknown): boolean {
  if (executionAsyncId() !== 0) return false
  const [thrower] = framesIn(traceOf(error))
  if (thrower?.file !== 'node:internal/timers' || !thrower.name.endsWith('processImmediate')) return false
  if (thrown === 0) {
    const turn = setTimeout(() => {
      thrown = 0
    }, 0)
    turn.unref()
  }
  thrown += 1
  return thrown >= MAX_THROWN
}
