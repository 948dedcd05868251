import { closeSync, constants, openSync, writeFileSync } from 'node:fs'
import type { CrashReport } from './crash-report.ts'
import { printable, summarize } from './format.ts'

/** The most bytes that Kubernetes keeps of a termination message. */
export const TERMINATION_LOG_BYTES = 4_096

/** Follows no link that somebody has planted, and does not wait for the reader of a FIFO. Windows has neither flag. */
const FLAGS: number =
  constants.O_WRONLY |
  constants.O_CREAT |
  constants.O_TRUNC |
  (constants.O_NOFOLLOW ?? 0) |
  (constants.O_NONBLOCK ?? 0)

/**
 * Writes a summary to the termination log, so that `kubectl describe pod` shows the reason. Returns the failure;
 * never throws.
 */
export function writeTerminationLog(path: string, report: CrashReport): unknown {
  try {
    const text = truncate(printable(summarize(report)), TERMINATION_LOG_BYTES)
    const file = openSync(path, FLAGS, 0o666)
    try {
      writeFileSync(file, text)
    } finally {
      closeSync(file)
    }
    return undefined
  } catch (error) {
    return error
  }
}

/** Cuts a text to at most `bytes` bytes of UTF-8, never inside a character. */
export function truncate(text: string, bytes: number): string {
  const whole = Buffer.from(text)
  if (whole.length <= bytes) return text
  let end = bytes
  // A byte 10xxxxxx continues a character.
  while (end > 0 && ((whole[end] as number) & 0b1100_0000) === 0b1000_0000) end--
  return whole.toString('utf8', 0, end)
}
