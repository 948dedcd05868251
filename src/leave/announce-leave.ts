import { type Channel, channel } from 'node:diagnostics_channel'
import type { CrashReport } from '../report/report.ts'

/** What the channel `fastify-isolate:leave` publishes. */
export interface LeaveMessage {
  readonly report: CrashReport
}

const leaves: Channel = channel('fastify-isolate:leave')

/**
 * Publishes on `fastify-isolate:leave`. `Channel.publish` rethrows what a subscriber throws on the next tick, as
 * an uncaught exception, so the subscribers are called here, where Node shows them. Never throws.
 */
export function announceLeave(report: CrashReport, onFailure: (failure: unknown) => void): void {
  if (!leaves.hasSubscribers) return
  const message: LeaveMessage = { report }
  const subscribers = (leaves as unknown as { _subscribers?: unknown })._subscribers
  if (!Array.isArray(subscribers)) {
    leaves.publish(message)
    return
  }
  for (const subscriber of [...subscribers] as ((
    message: LeaveMessage,
    name: string | symbol,
  ) => unknown)[]) {
    try {
      const result = subscriber(message, leaves.name)
      if (result instanceof Promise) result.catch(onFailure)
    } catch (failure) {
      onFailure(failure)
    }
  }
}
