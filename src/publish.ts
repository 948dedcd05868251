import { AsyncLocalStorage } from 'node:async_hooks'
import type { Channel } from 'node:diagnostics_channel'
import { ignoreRejection } from './ignore-rejection.ts'

/** Called with the subscriber and what it threw or rejected with. Undefined stands for a subscriber that is not known. */
export type OnFailure = (failure: unknown, subscriber: object | undefined) => void

type Subscriber = (message: unknown, name: string | symbol) => unknown

/** The channels whose subscribers are being called right now. */
const active: Set<Channel> = new Set()

/** Set for what runs in, or is started by, a subscriber that Node itself calls: tells where its failures belong. */
const insideSubscriber: AsyncLocalStorage<OnFailure> = new AsyncLocalStorage()

/**
 * Publishes on a channel so that no subscriber can do harm. Never throws.
 *
 * `Channel.publish` rethrows what a subscriber throws on the next tick, as an uncaught exception
 * (`lib/diagnostics_channel.js`). So the subscribers are called here, from Node's own list of them. Where a Node has
 * no such list it calls them itself, and {@link takeSubscriberFailure} catches what they throw. A message that a
 * subscriber causes on the same channel is not published: it would cause the next one, without end.
 */
export function publish(channel: Channel, message: unknown, onFailure: OnFailure): void {
  if (!channel.hasSubscribers || active.has(channel)) return
  active.add(channel)
  try {
    const { _subscribers: subscribers } = channel as unknown as { _subscribers?: unknown }
    if (!Array.isArray(subscribers)) insideSubscriber.run(onFailure, () => channel.publish(message))
    else for (const subscriber of [...subscribers]) call(subscriber, message, channel.name, onFailure)
  } catch (failure) {
    onFailure(failure, undefined)
  } finally {
    active.delete(channel)
  }
}

function call(subscriber: Subscriber, message: unknown, name: string | symbol, onFailure: OnFailure): void {
  try {
    ignoreRejection(subscriber(message, name), (failure) => onFailure(failure, subscriber))
  } catch (failure) {
    onFailure(failure, subscriber)
  }
}

/**
 * Whether the error that Node reports right now comes from a subscriber that Node called for {@link publish}: then its
 * publisher is told, and it is no fault.
 */
export function takeSubscriberFailure(failure: unknown): boolean {
  const onFailure = insideSubscriber.getStore()
  if (onFailure === undefined) return false
  onFailure(failure, undefined)
  return true
}
