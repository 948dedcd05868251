/**
 * Milliseconds that a test waits for what has to happen. A machine of any speed is fast enough, and where all is well
 * the time is not used. `npm run test:mutants` sets less, because a deliberate fault keeps many things from happening.
 */
export const WAIT_TIMEOUT: number = Number(process.env.WAIT_TIMEOUT ?? 60_000)

/** Milliseconds after which a test has failed, and after which a process is killed that a test left behind. */
export const TEST_TIMEOUT: number = 5 * WAIT_TIMEOUT
