import { closeSync, constants, openSync, writeFileSync } from 'node:fs'
import type { CrashReport } from './crash-report.ts'
import { describeErrors, printable, summaryHead } from './format.ts'

/** The most bytes that Kubernetes keeps of a termination message. */
export const TERMINATION_LOG_BYTES = 4_096

/** Stands where a text was cut. */
const MARK = '…'
const MARK_BYTES = 3

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
    const text = terminationMessage(report)
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

/** The summary of a report in at most {@link TERMINATION_LOG_BYTES}: whatever is long, each of its parts has its place. */
function terminationMessage(report: CrashReport): string {
  let text = summaryHead(report, shorten)
  const errors = describeErrors(report, shorten)
  for (const [i, error] of errors.entries()) {
    const left = TERMINATION_LOG_BYTES - Buffer.byteLength(`${text}\n`)
    text += shorten(`\n\n${error}`, Math.floor(left / (errors.length - i)))
  }
  return `${text}\n`
}

/** Makes a text printable, and marks where it cuts it. */
function shorten(text: string, bytes: number): string {
  const shown = printable(text)
  return Buffer.byteLength(shown) <= bytes ? shown : `${truncate(shown, bytes - MARK_BYTES)}${MARK}`
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
