import type { LeaveReason } from '../report/crash-report.ts'
import type { LeavingApp } from './leaving-app.ts'

/** The time that the way out of a process takes, by the longest settings of its apps. Runs from its creation on. */
export class LeaveTime {
  /** Milliseconds from the end of the drain delay on. */
  readonly deadline: number
  /** Milliseconds for which it still serves all. */
  readonly drainDelay: number
  readonly #startedAt: number = performance.now()

  constructor(apps: readonly LeavingApp[], reason: LeaveReason) {
    this.deadline = longest(
      apps.map(({ leave }) => leave.deadline),
      apps.length > 0 ? 0 : 10_000,
    )
    this.drainDelay = longest(
      apps
        // No load balancer looks at an app that has not served.
        .filter((app) => app.hasServed() && (reason !== 'fatal' || app.leave.drainFatal))
        .map(({ leave }) => leave.drainDelay),
      0,
    )
  }

  /** Milliseconds so far. */
  get taken(): number {
    return performance.now() - this.#startedAt
  }

  /** Milliseconds until the deadline. */
  get left(): number {
    return Math.max(0, this.drainDelay + this.deadline - this.taken)
  }
}

function longest(milliseconds: number[], otherwise: number): number {
  return milliseconds.reduce((most, each) => Math.max(most, each), otherwise)
}
