import { type Channel, channel } from 'node:diagnostics_channel'
import { publish } from '../publish.ts'
import type { CrashReport, LeaveMessage } from '../report/crash-report.ts'

const leaves: Channel = channel('fastify-isolate:leave')

/** Publishes on `fastify-isolate:leave`. Never throws. */
export function announceLeave(report: CrashReport, onFailure: (failure: unknown) => void): void {
  const message: LeaveMessage = { report }
  publish(leaves, message, onFailure)
}
