import { CALL_NAME } from './shared-words.ts'

/** The most frames of a runaway's stack. */
const MAX_FRAMES = 50
/** How many more are those of the interrupt itself. */
const OWN_FRAMES = 15

/** What a request that blocked the event loop has failed with: its stack is that of the code which ran. */
export class RunawayError extends Error {
  override readonly name: string = 'RunawayError'
  /** Milliseconds for which it blocked the event loop. */
  readonly blocked: number

  constructor(blocked: number) {
    super(`blocked the event loop for ${blocked} ms`)
    this.blocked = blocked
  }
}

/**
 * Makes the error inside of the interrupt.
 *
 * @param blocked Milliseconds.
 * @returns The error and its frames; none where no JavaScript was interrupted.
 */
export function runawayError(blocked: number): { error: RunawayError; frames: readonly string[] } {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = MAX_FRAMES + OWN_FRAMES
  const error = new RunawayError(blocked)
  const stack = String(error.stack)
  Error.stackTraceLimit = stackTraceLimit
  const lines = stack.split('\n').filter((line) => line.startsWith('    at '))
  const frames = lines.slice(lines.findLastIndex((line) => line.includes(CALL_NAME)) + 1)
  const kept = frames.slice(0, MAX_FRAMES)
  error.stack = [`${error.name}: ${error.message}`, ...kept].join('\n')
  return { error, frames: kept }
}
