/** What the server did meanwhile that changes what it owes. */
export interface Circumstances {
  /** The number of the last batch that was sent before the process began to leave. Undefined: it does not leave. */
  readonly leavesAfter?: number
  /** The requests that were cut at the deadline, as the log has them. */
  readonly cut?: ReadonlySet<string>
}

/** What one connection, or one stream, came to. */
export interface Verdict {
  /** What was not as it must be. */
  readonly violations: readonly string[]
  /** Requests that were answered, in whole. */
  readonly answered: number
  readonly cut: number
  /** Those without a fault of their own that were answered 500, as docs/escapes.md says that it may happen. */
  readonly collateral: readonly string[]
  /** Requests that were sent in whole and had no answer, for a reason that the docs name. */
  readonly unanswered: number
}
