import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again and again until the answer is not undefined and not false.
 *
 * @param what Completes "timed out waiting for …".
 * @throws {Error} After `within` milliseconds; what `ask` throws counts as no answer until then.
 */
export async function eventually<T>(
  what: string,
  within: number,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = performance.now() + within
  for (;;) {
    let trouble: unknown
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
    } catch (error) {
      trouble = error
    }
    if (performance.now() > deadline) throw new Error(`timed out waiting for ${what}`, { cause: trouble })
    await sleep(50)
  }
}
