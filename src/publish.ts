import type { Channel } from 'node:diagnostics_channel'
import { ignoreRejection } from './ignore-rejection.ts'
import type { OnFailure } from './listener-context.ts'

type Subscriber = (message: unknown, name: string | symbol) => unknown

/**
 * Publishes on a channel and passes every failure of a subscriber to `onFailure`. Never throws.
 *
 * `Channel.publish` rethrows what a subscriber throws on the next tick, as an uncaught exception
 * (`lib/diagnostics_channel.js`). So this function calls the subscribers itself, from Node's private list. Where
 * Node has no such list, Node calls them, and {@link takeListenerFailure} catches what they throw. With
 * `escapes: false` nothing catches it: the process ends, as with bare Node.
 */
export function publish(channel: Channel, message: unknown, onFailure: OnFailure): void {
  if (!channel.hasSubscribers) return
  const { _subscribers: subscribers } = channel as unknown as { _subscribers?: Subscriber[] | object }
  if (Array.isArray(subscribers)) {
    for (const subscriber of [...(subscribers as Subscriber[])]) {
      callListener(subscriber, () => subscriber(message, channel.name), onFailure)
    }
  } else channel.publish(message)
}

/**
 * Calls a listener and passes to `onFailure` what it throws, or what the promise that it returns is rejected with.
 * Never throws.
 *
 * @param call Calls the listener.
 */
export function callListener(listener: object, call: () => unknown, onFailure: OnFailure): void {
  try {
    ignoreRejection(call(), (failure) => onFailure(failure, listener))
  } catch (failure) {
    onFailure(failure, listener)
  }
}
