import { setTimeout as sleep } from 'node:timers/promises'
import { WAIT_TIMEOUT } from './timeouts.ts'

/** Resolves once the condition holds. Rejects when it never does within {@link WAIT_TIMEOUT}. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WAIT_TIMEOUT
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never happened within ${WAIT_TIMEOUT} ms: ${holds}`)
    await sleep(2)
  }
}
