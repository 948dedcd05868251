import type { FastifyBaseLogger } from 'fastify'
import { type Destination, destinationsOf } from '../log/destination.ts'
import { hasFailed, stopFlushing, tellLastFatal } from '../log/failed-destination.ts'
import { settlesWithin } from '../settles-within.ts'

/** Milliseconds between two checks of a destination that does not tell when it is done. */
const POLL_INTERVAL = 5

/** Tells a flush to stop waiting. */
interface Time {
  isUp: boolean
}

/**
 * Waits until every line of these loggers is written to its destination.
 *
 * @param milliseconds The longest time to wait.
 * @param forGood Whether the process exits next. Worker transports and streams are then ended, because only their
 *   end says that the last line is written. The last fatal line of a destination that is late goes to stderr.
 * @returns The destinations that are late.
 */
export async function flushLogs(
  logs: Iterable<FastifyBaseLogger>,
  milliseconds: number,
  forGood: boolean,
): Promise<ReadonlySet<Destination>> {
  const destinations = new Set<Destination>()
  for (const log of logs) for (const destination of destinationsOf(log)) destinations.add(destination)
  const time = { isUp: false }
  const late = new Set(destinations)
  const flushed = Array.from(destinations, (destination) =>
    flushOne(destination, forGood, time)
      .catch(() => {})
      .then(() => late.delete(destination)),
  )
  await settlesWithin(Promise.all(flushed), milliseconds)
  time.isUp = true
  if (!forGood) return late
  for (const destination of late) {
    stopFlushing(destination)
    tellLastFatal(destination)
    // Ending a worker that does not answer blocks for ten seconds.
    if (destination.worker !== undefined) destination.end = () => {}
  }
  return late
}

async function flushOne(destination: Destination, forGood: boolean, time: Time): Promise<void> {
  // A destination that fails now must not become an uncaught exception.
  destination.on?.('error', () => {})
  if (isDone(destination)) return
  if (typeof destination._len === 'number') await flushSonicBoom(destination, time)
  else if (destination.worker !== undefined) await flushWorker(destination, forGood)
  else if (typeof destination.writableLength === 'number') await flushStream(destination, forGood, time)
  else await callFlush(destination)
}

/** Whether nothing that it was given can be written any more. */
function isDone(destination: Destination): boolean {
  return destination.closed === true || destination.destroyed === true || hasFailed(destination)
}

/** Waits until SonicBoom holds no line and writes none, whatever its mode. */
async function flushSonicBoom(destination: Destination, time: Time): Promise<void> {
  let isBroken = false
  destination.on?.('error', () => {
    isBroken = true
  })
  const isBusy = (): boolean =>
    !time.isUp &&
    !isBroken &&
    (destination._writing === true || destination._opening === true || (destination._len ?? 0) > 0)
  while (isBusy()) {
    // With a `minLength` it holds lines back until `flush()`.
    if (destination._writing !== true && destination._opening !== true) destination.flush?.()
    await pause()
  }
}

/**
 * Flushes a worker transport. Its `flush` says that the worker has read every line; only `close` says that they are
 * written. `end()` blocks this thread meanwhile, so it comes after `flush`.
 */
async function flushWorker(destination: Destination, forGood: boolean): Promise<void> {
  await callFlush(destination)
  if (!forGood || isDone(destination)) return
  const closed = new Promise<void>((resolve) => destination.once?.('close', resolve))
  destination.end?.()
  await closed
}

async function flushStream(destination: Destination, forGood: boolean, time: Time): Promise<void> {
  await callFlush(destination)
  while (!time.isUp && (destination.writableLength ?? 0) > 0 && destination.destroyed !== true) await pause()
  if (!forGood || (destination as unknown) === process.stdout || (destination as unknown) === process.stderr)
    return
  const ended = new Promise<void>((resolve) => {
    destination.once?.('close', resolve)
    // A stream without autoDestroy never closes: give the stream that it pipes to 100 ms.
    destination.once?.('finish', () => setTimeout(resolve, 100))
  })
  destination.end?.()
  await ended
}

function callFlush(destination: Destination): Promise<void> {
  return new Promise((resolve) => {
    if (typeof destination.flush === 'function') {
      const result = destination.flush(() => resolve())
      // A flush that takes no callback is done when it returns, or when its promise settles.
      if (result instanceof Promise)
        result.then(
          () => resolve(),
          () => resolve(),
        )
      else if (destination.flush.length === 0) resolve()
    } else {
      destination.flushSync?.()
      resolve()
    }
  })
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, POLL_INTERVAL)
  })
}
