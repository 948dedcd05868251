import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition that has no event, for at most `milliseconds` (10 000). */
export async function until(isTrue: () => boolean, milliseconds = 10_000): Promise<void> {
  const end = Date.now() + milliseconds
  while (!isTrue()) {
    if (Date.now() > end) throw new Error(`still not true after ${milliseconds} ms: ${isTrue}`)
    await sleep(5)
  }
}
