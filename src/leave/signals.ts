import { isMainThread } from 'node:worker_threads'
import { LISTENER } from '../uncaught/listener.ts'

type OnSignal = (signal: NodeJS.Signals) => void

/** The signals that end a process without a listener, and that must not cut a drain short. */
const WHILE_LEAVING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Listens to the signals of all apps, once each. */
export class Signals {
  readonly #onSignal: OnSignal
  readonly #wanted: Map<NodeJS.Signals, number> = new Map()

  constructor(onSignal: OnSignal) {
    this.#onSignal = onSignal
    Object.defineProperty(onSignal, LISTENER, { value: true })
  }

  /** Listens to these signals, until {@link release} is called as often. Node delivers none to a Worker thread. */
  want(signals: readonly NodeJS.Signals[]): void {
    for (const signal of new Set(signals)) this.#count(signal, 1)
  }

  /** Undoes {@link want}. */
  release(signals: readonly NodeJS.Signals[]): void {
    for (const signal of new Set(signals)) this.#count(signal, -1)
  }

  /** Listens to the signals that would end the process, so that only a second SIGINT shortens the drain. */
  startLeaving(): void {
    this.want(WHILE_LEAVING)
  }

  /** Undoes {@link startLeaving}. */
  stopLeaving(): void {
    this.release(WHILE_LEAVING)
  }

  #count(signal: NodeJS.Signals, change: 1 | -1): void {
    if (!isMainThread) return
    const before = this.#wanted.get(signal) ?? 0
    const after = before + change
    this.#wanted.set(signal, after)
    try {
      if (before === 0) process.on(signal, this.#onSignal)
      if (after === 0) process.off(signal, this.#onSignal)
    } catch {
      // This system has no such signal.
    }
  }
}
