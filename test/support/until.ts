import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves once the condition holds. Rejects when it never does within `milliseconds` (10 000). */
export async function until(
  holds: () => boolean | Promise<boolean>,
  milliseconds: number = 10_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`never happened within ${milliseconds} ms: ${holds}`)
    await sleep(2)
  }
}
