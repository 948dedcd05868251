import { writeFileSync } from 'node:fs'
import type { CrashReport } from './crash-report.ts'
import { summarize } from './format.ts'

/** The most bytes that Kubernetes keeps of a termination message. */
export const TERMINATION_LOG_BYTES = 4_096

/**
 * Writes a summary to the termination log, so that `kubectl describe pod` shows the reason. Returns the failure;
 * never throws.
 */
export function writeTerminationLog(path: string, report: CrashReport): unknown {
  try {
    writeFileSync(path, truncate(summarize(report), TERMINATION_LOG_BYTES))
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
