/** An error as logs and reports hold it: strings and numbers alone, bounded in every direction. */
export interface SerializedError {
  /** The name of its type; `typeof` where no Error was thrown. */
  readonly type: string
  /** Its message; where no Error was thrown, the value inspected. At most 8192 characters. */
  readonly message: string
  /**
   * Its stack, empty where it has none. At most 16 384 characters. Where an emitter threw it because nobody listens for
   * `'error'`, Node's hint follows, at most 4 096 more: `Emitted 'error' event on BoundPool instance at:` and frames.
   */
  readonly stack: string
  /** Its `code`. */
  readonly code?: string | number
  /** Its `statusCode`. */
  readonly statusCode?: number
  /** Its cause. */
  readonly cause?: SerializedError
  /** The members of an AggregateError, at most 10. */
  readonly errors?: readonly SerializedError[]
}
