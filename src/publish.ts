import { AsyncLocalStorage } from 'node:async_hooks'
import type { Channel } from 'node:diagnostics_channel'
import { ignoreRejection } from './ignore-rejection.ts'

/**
 * Called with what a subscriber threw or rejected with, and the subscriber; undefined where it is not known which
 * one.
 */
export type OnFailure = (failure: unknown, subscriber: object | undefined) => void

type Subscriber = (message: unknown, name: string | symbol) => unknown

/** The channels whose subscribers are being called right now. */
const active: Set<Channel> = new Set()

/** The `onFailure` of {@link publish}, in the asynchronous context of the subscribers that Node itself calls. */
const insideSubscriber: AsyncLocalStorage<OnFailure> = new AsyncLocalStorage()

/**
 * Publishes on a channel and passes every failure of a subscriber to `onFailure`. Never throws.
 *
 * `Channel.publish` rethrows what a subscriber throws on the next tick, as an uncaught exception
 * (`lib/diagnostics_channel.js`). So this function calls the subscribers itself, from Node's private list. Where
 * Node has no such list, Node calls them, and {@link takeSubscriberFailure} catches what they throw. A message that
 * a subscriber publishes on the same channel is dropped: it would cause the next one, without end.
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
 * If the error that Node reports right now comes from a subscriber that Node called for {@link publish}, passes it
 * to that call's `onFailure`. Returns true then: the error is not a fault.
 */
export function takeSubscriberFailure(failure: unknown): boolean {
  const onFailure = insideSubscriber.getStore()
  if (onFailure === undefined) return false
  onFailure(failure, undefined)
  return true
}
