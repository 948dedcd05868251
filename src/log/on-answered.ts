import { type Channel, channel } from 'node:diagnostics_channel'
import type { OnFailure } from '../listener-context.ts'
import { publish } from '../publish.ts'
import type { AnsweredMessage } from './answered-message.ts'

const answered: Channel = channel('fastify-isolate:answered')

/** Whether the channel `fastify-isolate:answered` has a subscriber. */
export function hasAnsweredSubscribers(): boolean {
  return answered.hasSubscribers
}

/** Publishes on the channel `fastify-isolate:answered`. Never throws. */
export function announceAnswered(message: AnsweredMessage, onFailure: OnFailure): void {
  publish(answered, message, onFailure)
}
