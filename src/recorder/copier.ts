import { resourceLimits } from 'node:worker_threads'
import * as layout from '../flight/layout.ts'
import { type MemoryKills, memoryKills } from '../flight/memory-kills.ts'
import { TwoHalves } from '../flight/two-halves.ts'
import { copySlots, inFlightOn, newestFirst, newestOn } from '../in-flight/board.ts'
import { RateBook } from './rate-book.ts'
import {
  MARK_COUNT,
  marksBetween,
  SHARED_BEAT_AT,
  SHARED_BEAT_RSS,
  SHARED_FAULTS,
  SHARED_HEAP_LIMIT,
  SHARED_HEAP_USED,
  type SharedMemory,
} from './shared-memory.ts'

// Milliseconds after which it copies although no request came or went.
const WITH_REQUESTS = 50
const WITHOUT_REQUESTS = 1_000
/** Milliseconds without a heartbeat, which comes every 250 ms, after which the event loop stands still. */
const LATE = 350
/** Milliseconds until the first write of the rates, which doubles from write to write: a short life tells of them too. */
const FIRST_RATES = 100
/** Milliseconds between two writes of the rates in the end. */
const RATES_PERIOD = 1_000
/** Milliseconds between two looks at the counts of the memory killer. */
const KILLS_PERIOD = 5_000
/** Milliseconds between two looks at the resident set. */
const RSS_PERIOD = 50

/**
 * Bytes of the young generation, which V8 counts to the limit of the heap: it is out of memory when the old one is full.
 * All threads of a process have the same.
 */
const YOUNG: number = (resourceLimits.maxYoungGenerationSizeMb ?? 0) * 1_048_576

/** Copies what the main thread shows into the file: the work of the recorder's thread. */
export class Copier {
  readonly #words: Int32Array
  readonly #shared: SharedMemory
  readonly #copies: TwoHalves
  readonly #rates: TwoHalves
  /** The body of a copy, as floats and as words. */
  readonly #head: Float64Array
  readonly #slots: Int32Array
  readonly #book: RateBook
  #copied = 0
  #arrived = 0
  #total = 0
  #marks = 0
  #copiedAt = Number.NEGATIVE_INFINITY
  #ratesAt: number
  #ratesPeriod = FIRST_RATES
  #kills: MemoryKills = { machine: -1, group: -1 }
  #killsAt = Number.NEGATIVE_INFINITY
  #rss = 0
  #rssAt = Number.NEGATIVE_INFINITY

  /**
   * @param board The memory of the requests in flight.
   * @param write Writes bytes to a place of the file. What it throws passes through.
   * @param now Milliseconds since the epoch.
   */
  constructor(
    board: SharedArrayBuffer,
    shared: SharedMemory,
    write: (bytes: Uint8Array, at: number) => void,
    now: number,
  ) {
    this.#words = new Int32Array(board)
    this.#shared = shared
    this.#copies = new TwoHalves(layout.COPIES_AT, layout.COPY_HALF, write)
    const { buffer, byteOffset, length } = this.#copies.body
    this.#head = new Float64Array(buffer, byteOffset, layout.COPY_HEAD)
    this.#slots = new Int32Array(buffer, byteOffset, Math.floor(length / 4))
    this.#rates = new TwoHalves(layout.RATES_AT, layout.RATES_HALF, write)
    this.#book = new RateBook(now)
    this.#ratesAt = now
  }

  /**
   * Copies what has changed, and every now and then what has not.
   *
   * @param now Milliseconds since the epoch.
   * @returns Whether it is worth to look again soon: a request came or went, or they wait for an event loop that stands
   *   still.
   */
  copy(now: number): boolean {
    // read before the slots: whatever comes meanwhile is shown twice rather than not at all
    const arrived = newestOn(this.#words)
    const total = inFlightOn(this.#words)
    const hasChanged = arrived !== this.#arrived || total !== this.#total
    const period = total > 0 ? WITH_REQUESTS : WITHOUT_REQUESTS
    if (hasChanged || isDue(this.#copiedAt, period, now)) this.#write(now, arrived, total)
    if (isDue(this.#ratesAt, this.#ratesPeriod, now)) {
      this.#ratesAt = now
      this.#ratesPeriod = Math.min(2 * this.#ratesPeriod, RATES_PERIOD)
      this.#endInterval(now)
      this.#rates.write(this.#book.fill(this.#rates.body))
    }
    const beatAt = this.#shared.floats[SHARED_BEAT_AT] as number
    return hasChanged || (total > 0 && now - beatAt > LATE)
  }

  #write(now: number, arrived: number, total: number): void {
    const { floats } = this.#shared
    this.#endInterval(now)
    this.#arrived = arrived
    this.#total = total
    this.#copiedAt = now
    this.#copied += 1
    const end = this.#copySlots()
    const head = this.#head
    head[layout.COPIED_AT] = now
    head[layout.RSS] = this.#residentSet(now)
    head[layout.HEAP_USED] = floats[SHARED_HEAP_USED] as number
    head[layout.HEAP_LIMIT] = (floats[SHARED_HEAP_LIMIT] as number) - YOUNG
    head[layout.BEAT_AT] = floats[SHARED_BEAT_AT] as number
    head[layout.BEAT_RSS] = floats[SHARED_BEAT_RSS] as number
    head[layout.FAULTS] = floats[SHARED_FAULTS] as number
    head[layout.TOTAL] = total
    head[layout.ARRIVED] = arrived
    head[layout.COPIES] = this.#copied
    this.#countKills(now)
    head[layout.MACHINE_KILLS] = this.#kills.machine
    head[layout.GROUP_KILLS] = this.#kills.group
    this.#copies.write(end)
  }

  /** What is shown since the last copy is known until now. */
  #endInterval(now: number): void {
    const marks = this.#shared.words[MARK_COUNT] as number
    this.#book.endInterval(now, marksBetween(this.#shared, this.#marks, marks))
    this.#marks = marks
  }

  /** Returns how many bytes of the copy are used then. */
  #copySlots(): number {
    const pairs = new Set<number>()
    let newest: number | undefined
    let newestPair: number | undefined
    const end = copySlots(this.#words, this.#slots, layout.COPY_HEAD * 2, (route, method, number) => {
      const pair = layout.pairOf(route, method)
      pairs.add(pair)
      if (newest !== undefined && newestFirst({ number }, { number: newest }) > 0) return
      newest = number
      newestPair = pair
    })
    this.#book.beginInterval(pairs, newestPair)
    return end * 4
  }

  #residentSet(now: number): number {
    if (isDue(this.#rssAt, RSS_PERIOD, now)) {
      this.#rss = process.memoryUsage.rss()
      this.#rssAt = now
    }
    return this.#rss
  }

  #countKills(now: number): void {
    if (!isDue(this.#killsAt, KILLS_PERIOD, now)) return
    this.#kills = memoryKills()
    this.#killsAt = now
  }
}

/** Whether a period is over. It is where the clock was set back: nothing else would be done until it has caught up. */
export function isDue(since: number, period: number, now: number): boolean {
  return now - since >= period || now < since
}
