import { buildReport } from '../../src/report/build.ts'
import type { CrashReport } from '../../src/report/crash-report.ts'
import { faultRequest } from './fault-request.ts'

const fault = {
  id: 'f',
  error: new Error('bad \u001b[31m news'),
  origin: 'handler',
  verdict: 'fatal',
  attributedTo: 'call',
  request: faultRequest({ id: 'r', url: '/a?b=c', route: undefined }),
  job: 'mail',
  fingerprint: '0123456789abcdef',
  at: 0,
} as const

/** A report of a fatal fault. */
export function report(error: unknown = fault.error): CrashReport {
  const circumstances = { reason: 'fatal', note: undefined, phase: 'serving', exitCode: 70 } as const
  return buildReport({ ...circumstances, fault: { ...fault, error } }, [])
}
