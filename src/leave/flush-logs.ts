import type { FastifyBaseLogger } from 'fastify'
import { settlesWithin } from './settles-within.ts'

/** Milliseconds between two looks at a destination that does not tell when it is done. */
const LOOK = 5

/**
 * A log destination, as far as any of them can be asked: `SonicBoom` (`pino.destination`), `ThreadStream` (a
 * worker transport), `pino.multistream`, a Node stream, or any object with `write`.
 */
interface Destination {
  flush?: (done?: (error?: Error | null) => void) => unknown
  flushSync?: () => void
  end?: () => unknown
  once?: (event: string, listener: () => void) => unknown
  on?: (event: string, listener: (error: unknown) => void) => unknown
  fd?: unknown
  closed?: boolean
  destroyed?: boolean
  writableLength?: number
  worker?: unknown
  streams?: { stream: Destination }[]
  /** SonicBoom's own state: its `flush(done)` calls back at once, with lines still to be written. */
  _len?: number
  _writing?: boolean
  _opening?: boolean
}

/** Whether a flush may still take time: nobody waits for one that is late. */
interface Time {
  isUp: boolean
}

/**
 * Writes every line that these loggers were given to its destination.
 *
 * @param milliseconds How long it may take at most.
 * @param forGood Whether the process exits next: worker transports and streams are then ended, which alone tells
 *   that their last line is written.
 */
export async function flushLogs(
  logs: Iterable<FastifyBaseLogger>,
  milliseconds: number,
  forGood: boolean,
): Promise<void> {
  const destinations = new Set<Destination>()
  for (const log of logs) for (const destination of destinationsOf(log)) destinations.add(destination)
  const time = { isUp: false }
  const flushed = Array.from(destinations, (destination) =>
    flushOne(destination, forGood, time).catch(() => {}),
  )
  await settlesWithin(Promise.all(flushed), milliseconds)
  time.isUp = true
}

/** Pino keeps its destination under a symbol, which every copy of pino makes anew. */
function destinationsOf(log: FastifyBaseLogger): Destination[] {
  try {
    for (let holder: object | null = log; holder !== null; holder = Object.getPrototypeOf(holder)) {
      const symbol = Object.getOwnPropertySymbols(holder).find(
        ({ description }) => description === 'pino.stream',
      )
      if (symbol !== undefined) return parts((holder as Record<symbol, Destination>)[symbol] as Destination)
    }
    // Another logger may have a flush of its own.
    const own = log as Destination
    return typeof own.flush === 'function' ? [{ flush: own.flush.bind(log) }] : []
  } catch {
    return []
  }
}

function parts(destination: Destination): Destination[] {
  return Array.isArray(destination.streams)
    ? destination.streams.flatMap(({ stream }) => parts(stream))
    : [destination]
}

async function flushOne(destination: Destination, forGood: boolean, time: Time): Promise<void> {
  // A destination that fails now must not become an uncaught exception.
  destination.on?.('error', () => {})
  if (destination.closed === true || destination.destroyed === true) return
  if (typeof destination._len === 'number') await emptied(destination, time)
  else if (destination.worker !== undefined) await throughWorker(destination, forGood)
  else if (typeof destination.writableLength === 'number') await throughStream(destination, forGood, time)
  else await called(destination)
}

/** SonicBoom: whatever its mode, it is done when nothing is held and nothing is being written. */
async function emptied(destination: Destination, time: Time): Promise<void> {
  let hasFailed = false
  destination.on?.('error', () => {
    hasFailed = true
  })
  const isBusy = (): boolean =>
    !time.isUp &&
    !hasFailed &&
    (destination._writing === true || destination._opening === true || (destination._len ?? 0) > 0)
  while (isBusy()) {
    // With a `minLength` it holds lines back until it is told.
    if (destination._writing !== true && destination._opening !== true) destination.flush?.()
    await pause()
  }
}

/**
 * The worker says that it has read every line, but not that its own destination has written them. Only its end
 * does; waiting for that blocks this thread, so the reading is waited for first.
 */
async function throughWorker(destination: Destination, forGood: boolean): Promise<void> {
  await called(destination)
  if (!forGood) return
  const closed = new Promise<void>((resolve) => destination.once?.('close', resolve))
  destination.end?.()
  await closed
}

async function throughStream(destination: Destination, forGood: boolean, time: Time): Promise<void> {
  await called(destination)
  while (!time.isUp && (destination.writableLength ?? 0) > 0 && destination.destroyed !== true) await pause()
  if (!forGood || (destination as unknown) === process.stdout || (destination as unknown) === process.stderr)
    return
  const ended = new Promise<void>((resolve) => {
    destination.once?.('close', resolve)
    // A stream without autoDestroy never closes; give what it pipes to one more turn.
    destination.once?.('finish', () => setTimeout(resolve, 100))
  })
  destination.end?.()
  await ended
}

function called(destination: Destination): Promise<void> {
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
    setTimeout(resolve, LOOK)
  })
}
