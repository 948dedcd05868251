import { type Channel, channel } from 'node:diagnostics_channel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../fault/fault.ts'
import { ignoreRejection } from '../ignore-rejection.ts'
import { type OnFailure, publish } from '../publish.ts'

/** What the channel `fastify-isolate:fault` publishes. */
export interface FaultMessage {
  readonly fault: Fault
  /** The request, undefined where there is none or it has finished. */
  readonly request: FastifyRequest | undefined
  /** Its reply. */
  readonly reply: FastifyReply | undefined
}

const faults: Channel = channel('fastify-isolate:fault')

/** Tells `onFault` and the channel `fastify-isolate:fault`. Never throws. */
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
