/** The longest delay that a timer takes, in milliseconds: above it, Node fires at once. */
export const LONGEST_TIMER: number = 2 ** 31 - 1

/** Resolves when the promise settles, or after `milliseconds`: true where it settled in time. Never rejects. */
export function settlesWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    // Not unref'd: a process that leaves must not end on its own, with the wrong code.
    const timer = setTimeout(() => resolve(false), Math.min(milliseconds, LONGEST_TIMER))
    const settled = (): void => {
      clearTimeout(timer)
      resolve(true)
    }
    promise.then(settled, settled)
  })
}
