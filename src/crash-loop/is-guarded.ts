import { isMainThread } from 'node:worker_threads'
import { hasTestVariable } from '../uncaught/test-runner.ts'

/** Whether the starts of this process count: not those of tests, of `node --watch`, and of a Worker thread. */
export function isGuarded(): boolean {
  return isMainThread && process.env.WATCH_REPORT_DEPENDENCIES === undefined && !hasTestVariable()
}
