import type { FastifyBaseLogger } from 'fastify'
import { attempt } from '../attempt.ts'
import { type Destination, destinationsOf } from './destination.ts'
import { stderrLogger } from './stderr.ts'

/** What is said of it. */
export const DESTINATION_FAILED =
  'the destination of the log failed: fastify-isolate writes to stderr from now on'

/** Told of the first error of a destination, and whether the app has a listener of its own for it. */
type OnFailure = (error: unknown, isHandled: boolean) => void

/** One listener for each destination, however many apps share it. */
interface Watch {
  /** The first one is told. */
  readonly watchers: Set<OnFailure>
  readonly onError: (error: unknown) => void
}

type WriteLine = (log: FastifyBaseLogger) => void

const failed: WeakSet<Destination> = new WeakSet()
/** The last fatal line that each destination was given: one that fails may not have written it. */
const lastFatal: WeakMap<Destination, WriteLine> = new WeakMap()
const watches: WeakMap<Destination, Watch> = new WeakMap()
let hasAnyFailed = false

/**
 * Follows the errors of a logger's destination: a full disk, a worker that died. Such an error must not escape, for the
 * line that it costs would cause the next one, without end. From the first one on, {@link workingLogger} is stderr.
 *
 * @param onFailure Told once for each destination in the process.
 * @returns Stops following.
 */
export function watchDestinations(log: FastifyBaseLogger, onFailure: OnFailure): () => void {
  const stops = destinationsOf(log).map((destination) => watchOne(destination, onFailure))
  return () => {
    for (const stop of stops) stop()
  }
}

function watchOne(destination: Destination, onFailure: OnFailure): () => void {
  const watch = watches.get(destination) ?? startWatch(destination)
  watch.watchers.add(onFailure)
  return () => {
    watch.watchers.delete(onFailure)
    if (watch.watchers.size > 0 || watches.get(destination) !== watch) return
    watches.delete(destination)
    attempt(() => destination.off?.('error', watch.onError), undefined)
  }
}

function startWatch(destination: Destination): Watch {
  const watchers = new Set<OnFailure>()
  const onError = (error: unknown): void => {
    if (failed.has(destination)) return
    markFailed(destination)
    const [first] = watchers
    first?.(
      error,
      attempt(() => isHandled(destination, onError), false),
    )
  }
  const watch = { watchers, onError }
  watches.set(destination, watch)
  attempt(() => destination.on?.('error', onError), undefined)
  return watch
}

/** Pino's own listener takes itself away before any error but that of a closed pipe, which it handles. */
function isHandled(destination: Destination, ours: object): boolean {
  return (destination.listeners?.('error') ?? []).some((listener) => listener !== ours)
}

function markFailed(destination: Destination): void {
  failed.add(destination)
  hasAnyFailed = true
  stopFlushing(destination)
  tellLastFatal(destination)
}

/** Writes the last fatal line that a destination was given to stderr, for it may not have arrived. Never throws. */
export function tellLastFatal(destination: Destination): void {
  const write = lastFatal.get(destination)
  lastFatal.delete(destination)
  if (write !== undefined) attempt(() => write(stderrLogger()), undefined)
}

/** Whether a destination has failed, ever. */
export function hasFailed(destination: Destination): boolean {
  return failed.has(destination)
}

/** Keeps pino from flushing a destination as the process exits: it waits for ever for a disk that is full. */
export function stopFlushing(destination: Destination): void {
  attempt(() => {
    if (typeof destination.flushSync === 'function') destination.flushSync = () => {}
  }, undefined)
}

/** The logger itself, or stderr where nothing that it is given arrives any more. */
export function workingLogger(log: FastifyBaseLogger): FastifyBaseLogger {
  if (!hasAnyFailed) return log
  const destinations = destinationsOf(log)
  return destinations.length > 0 && destinations.every(hasFailed) ? stderrLogger() : log
}

/**
 * Writes a fatal line. Pino flushes its destination then and there, which blocks the process for ever where the disk
 * is full, and for ten seconds where a worker is gone. A fatal line makes the process leave, which flushes in bounded
 * time, so that flush is left out. The line goes to stderr as well where the destination turns out to have failed.
 */
export function writeFatalLine(log: FastifyBaseLogger, write: WriteLine): void {
  const destinations = destinationsOf(workingLogger(log)).filter(
    ({ flushSync }) => typeof flushSync === 'function',
  )
  const flushes = destinations.map((destination) => Object.getOwnPropertyDescriptor(destination, 'flushSync'))
  for (const destination of destinations) {
    lastFatal.set(destination, write)
    destination.flushSync = () => {}
  }
  try {
    write(workingLogger(log))
  } finally {
    for (const [i, destination] of destinations.entries()) {
      const own = flushes[i]
      if (hasFailed(destination)) continue
      if (own === undefined) Reflect.deleteProperty(destination, 'flushSync')
      else Object.defineProperty(destination, 'flushSync', own)
    }
  }
}
