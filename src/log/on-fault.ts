import { type Channel, channel } from 'node:diagnostics_channel'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../fault/fault.ts'

/** What the channel `fastify-isolate:fault` publishes. */
export interface FaultMessage {
  readonly fault: Fault
  /** The request, undefined where there is none or it has finished. */
  readonly request: FastifyRequest | undefined
  /** Its reply. */
  readonly reply: FastifyReply | undefined
}

/** `onFault`, or a subscriber of the channel. */
export type FaultListener = (...args: never[]) => unknown

const faults: Channel = channel('fastify-isolate:fault')

/**
 * Tells `onFault` and the channel. A listener that throws or rejects harms nothing.
 *
 * `Channel.publish` rethrows what a subscriber throws on the next tick, as an uncaught exception, which would
 * end the process. So the subscribers are called here, where Node shows them.
 */
export function announceFault(
  message: FaultMessage,
  onFault: ((fault: Fault) => unknown) | undefined,
  onFailure: (listener: FaultListener, failure: unknown) => void,
): void {
  if (onFault !== undefined) call(onFault as FaultListener, [message.fault], onFailure)
  if (!faults.hasSubscribers) return
  const subscribers = (faults as unknown as { _subscribers?: unknown })._subscribers
  if (!Array.isArray(subscribers)) {
    faults.publish(message)
    return
  }
  for (const subscriber of [...subscribers]) call(subscriber, [message, faults.name], onFailure)
}

function call(
  listener: FaultListener,
  args: unknown[],
  onFailure: (listener: FaultListener, failure: unknown) => void,
): void {
  try {
    const result = (listener as (...all: unknown[]) => unknown)(...args)
    if (result instanceof Promise) result.catch((failure: unknown) => onFailure(listener, failure))
  } catch (failure) {
    onFailure(listener, failure)
  }
}
