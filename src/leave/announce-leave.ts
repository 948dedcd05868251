import { type Channel, channel } from 'node:diagnostics_channel'
import { type OnFailure, runListeners } from '../listener-context.ts'
import { publish } from '../publish.ts'
import type { CrashReport, LeaveMessage } from '../report/crash-report.ts'

const leaves: Channel = channel('fastify-isolate:leave')

/** Publishes on `fastify-isolate:leave`. Never throws. */
export function announceLeave(report: CrashReport, onFailure: OnFailure): void {
  const message: LeaveMessage = { report }
  runListeners(leaves, onFailure, () => publish(leaves, message, onFailure))
}
