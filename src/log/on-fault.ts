import { type Channel, channel } from 'node:diagnostics_channel'
import type { Fault } from '../fault/fault.ts'
import { ignoreRejection } from '../ignore-rejection.ts'
import { type OnFailure, publish } from '../publish.ts'
import type { FaultMessage } from './fault-message.ts'

const faults: Channel = channel('fastify-isolate:fault')

/** Calls `onFault` and publishes on the channel `fastify-isolate:fault`. Never throws. */
export function announceFault(
  message: FaultMessage,
  onFault: ((fault: Fault) => unknown) | undefined,
  onFailure: OnFailure,
): void {
  if (onFault !== undefined) {
    try {
      ignoreRejection(onFault(message.fault), (failure) => onFailure(failure, onFault))
    } catch (failure) {
      onFailure(failure, onFault)
    }
  }
  publish(faults, message, onFailure)
}
