import { type Channel, channel } from 'node:diagnostics_channel'
import type { Fault } from '../fault/fault.ts'
import type { OnFailure } from '../listener-context.ts'
import { callListener, publish } from '../publish.ts'
import type { FaultMessage } from './fault-message.ts'

const faults: Channel = channel('fastify-isolate:fault')

/** Whether the channel `fastify-isolate:fault` has a subscriber. */
export function hasFaultSubscribers(): boolean {
  return faults.hasSubscribers
}

/** Calls `onFault` and publishes on the channel `fastify-isolate:fault`. Never throws. */
export function announceFault(
  message: FaultMessage,
  onFault: ((fault: Fault) => unknown) | undefined,
  onFailure: OnFailure,
): void {
  if (onFault !== undefined) callListener(onFault, () => onFault(message.fault), onFailure)
  publish(faults, message, onFailure)
}
