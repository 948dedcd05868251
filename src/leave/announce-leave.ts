import { type Channel, channel } from 'node:diagnostics_channel'
import { publish } from '../publish.ts'
import type { CrashReport } from '../report/report.ts'

/** What the channel `fastify-isolate:leave` publishes. */
export interface LeaveMessage {
  readonly report: CrashReport
}

const leaves: Channel = channel('fastify-isolate:leave')

/** Publishes on `fastify-isolate:leave`. Never throws. */
export function announceLeave(report: CrashReport, onFailure: (failure: unknown) => void): void {
  const message: LeaveMessage = { report }
  publish(leaves, message, onFailure)
}
