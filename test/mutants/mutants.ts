import { readFileSync } from 'node:fs'
import { inAnswer } from './in-answer.ts'
import { inApp } from './in-app.ts'
import { inBlame } from './in-blame.ts'
import { inCoverage } from './in-coverage.ts'
import { inCrashLoop } from './in-crash-loop.ts'
import { inDeaths } from './in-deaths.ts'
import { inDrain } from './in-drain.ts'
import { inEscapes } from './in-escapes.ts'
import { inFault } from './in-fault.ts'
import { inGuards } from './in-guards.ts'
import { inLeave } from './in-leave.ts'
import { inLog } from './in-log.ts'
import { inOptions } from './in-options.ts'
import { inQuarantine } from './in-quarantine.ts'
import { inRecorder } from './in-recorder.ts'
import { inRedis } from './in-redis.ts'
import { inReport } from './in-report.ts'
import { inRequest } from './in-request.ts'
import { inRunaway } from './in-runaway.ts'
import { inServer } from './in-server.ts'
import { inSick } from './in-sick.ts'
import { inSystemd } from './in-systemd.ts'
import { inTriage } from './in-triage.ts'
import { inUncaught } from './in-uncaught.ts'
import type { Mutant } from './mutant.ts'

/** Every deliberate fault that the tests have to notice. */
export const mutants: readonly Mutant[] = [
  ...inApp,
  ...inCoverage,
  ...inServer,
  ...inDrain,
  ...inGuards,
  ...inEscapes,
  ...inSick,
  ...inBlame,
  ...inQuarantine,
  ...inRecorder,
  ...inRunaway,
  ...inTriage,
  ...inAnswer,
  ...inRequest,
  ...inLeave,
  ...inCrashLoop,
  ...inDeaths,
  ...inSystemd,
  ...inOptions,
  ...inRedis,
  ...inReport,
  ...inLog,
  ...inUncaught,
  ...inFault,
]

/** The text of a mutant's file, without its fault. */
export function sourceOf({ file }: Mutant): string {
  return readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8')
}

/**
 * The same text with its fault in it.
 *
 * @throws Error where the piece to replace is not in the file exactly once: the list is out of date then.
 */
export function mutate(mutant: Mutant): string {
  const pieces = sourceOf(mutant).split(mutant.find)
  if (pieces.length !== 2) {
    throw new Error(
      `Mutant ${mutant.name}: its \`find\` is ${pieces.length - 1} times in src/${mutant.file}, not once`,
    )
  }
  return pieces.join(mutant.replace)
}
