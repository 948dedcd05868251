import { METHODS } from 'node:http'
import type { RequestContext } from '../request/context.ts'

/** How many requests it shows: the newest. */
export const SLOTS = 512
/** Characters of a request's id. */
const ID_LENGTH = 48

// The layout of a slot, in words of 4 bytes. The time has two.
const IS_TAKEN = 0
const ROUTE = 1
const METHOD = 2
const LENGTH = 3
const STARTED_AT = 4
const NUMBER = 6
const ID = 8
const SLOT_WORDS: number = ID + ID_LENGTH / 4
/** Bytes of a slot. */
export const SLOT_BYTES: number = SLOT_WORDS * 4

// Two words follow the slots.
const IN_FLIGHT: number = SLOTS * SLOT_WORDS
const ARRIVED: number = IN_FLIGHT + 1
const BOARD_BYTES: number = (ARRIVED + 1) * 4

/** A request as the board shows it. */
export interface ShownRequest {
  /** Where its slot begins in the memory, in bytes. */
  readonly at: number
  /** Counts up, and begins anew below zero after 2 147 483 647. */
  readonly number: number
  /** The place of its route among the covered ones of the app. */
  readonly route: number
  /** The place of its method in `METHODS` of `node:http`; -1 where it is not there. */
  readonly method: number
  readonly id: string
  /** In milliseconds since the epoch. */
  readonly startedAt: number
}

/**
 * The requests in flight in memory that other threads can read: they have to say who was served when no JavaScript can
 * run in the main thread any more.
 */
export class InFlightBoard {
  readonly memory: SharedArrayBuffer = new SharedArrayBuffer(BOARD_BYTES)
  readonly #words: Int32Array = new Int32Array(this.memory)
  readonly #times: Float64Array = new Float64Array(this.memory)
  readonly #bytes: Uint8Array = new Uint8Array(this.memory)
  readonly #owners: (RequestContext | undefined)[] = new Array(SLOTS).fill(undefined)
  readonly #methods: Map<string, number> = new Map(METHODS.map((method, i) => [method, i]))
  #lastMethod = ''
  #lastPlace = -1
  /** The slots that nobody has: a stack. */
  readonly #free: Int32Array = Int32Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i)
  #freeCount: number = SLOTS
  /** Whose slot is taken over next where none is free. */
  #next = 0

  /** Shows a request. It takes the place of the oldest where there is none left. */
  add(context: RequestContext): void {
    const { request, route, startedAt } = context
    if (request === undefined) return
    const slot = this.#takeSlot()
    this.#owners[slot] = context
    context.slot = slot
    const words = this.#words
    const start = slot * SLOT_WORDS
    words[start + ROUTE] = route.index
    words[start + METHOD] = this.#placeOf(request.raw.method as string)
    const { id } = request
    const length = typeof id === 'string' ? Math.min(id.length, ID_LENGTH) : 0
    const first = (start + ID) * 4
    for (let i = 0; i < length; i += 1) this.#bytes[first + i] = (id as string).charCodeAt(i)
    words[start + LENGTH] = length
    this.#times[(start + STARTED_AT) / 2] = startedAt
    const number = ((words[ARRIVED] as number) + 1) | 0
    words[start + NUMBER] = number
    words[start + IS_TAKEN] = 1
    words[ARRIVED] = number
    words[IN_FLIGHT] = (words[IN_FLIGHT] as number) + 1
  }

  /** Most requests have the method of the one before: to compare costs less than to look up. */
  #placeOf(method: string): number {
    if (method !== this.#lastMethod) {
      this.#lastMethod = method
      this.#lastPlace = this.#methods.get(method) ?? -1
    }
    return this.#lastPlace
  }

  #takeSlot(): number {
    if (this.#freeCount > 0) {
      this.#freeCount -= 1
      return this.#free[this.#freeCount] as number
    }
    const slot = this.#next
    this.#next = (slot + 1) % SLOTS
    // a thread must not read half of this one and half of that one
    this.#words[slot * SLOT_WORDS + IS_TAKEN] = 0
    return slot
  }

  /** Takes a request away that was shown. */
  delete(context: RequestContext): void {
    const { slot } = context
    if (slot === -1) return
    const words = this.#words
    words[IN_FLIGHT] = (words[IN_FLIGHT] as number) - 1
    if (this.#owners[slot] !== context) return
    this.#owners[slot] = undefined
    words[slot * SLOT_WORDS + IS_TAKEN] = 0
    this.#free[this.#freeCount] = slot
    this.#freeCount += 1
  }

  /** Whether a request has a place of its own: it may have lost it. */
  shows(context: RequestContext): boolean {
    return this.#owners[context.slot] === context
  }

  /** The method's place of a request that was just added. */
  methodOf(context: RequestContext): number {
    return this.#words[context.slot * SLOT_WORDS + METHOD] as number
  }

  /** The slot of a request, as bytes. */
  slotOf(context: RequestContext): Uint8Array {
    return this.#bytes.subarray(context.slot * SLOT_BYTES, (context.slot + 1) * SLOT_BYTES)
  }
}

/** How many requests are in flight, in the memory of a board. */
export function inFlightOn(words: Int32Array): number {
  return words[IN_FLIGHT] as number
}

/** The number of the request that arrived last, in the memory of a board. */
export function newestOn(words: Int32Array): number {
  return words[ARRIVED] as number
}

/**
 * Copies the slots that a request has, one behind the other, and tells of each.
 *
 * @param into Words.
 * @param from The first word to write.
 * @param tell Called with the route, the method and the number of each.
 * @returns The word behind the last one.
 */
export function copySlots(
  words: Int32Array,
  into: Int32Array,
  from: number,
  tell: (route: number, method: number, number: number) => void,
): number {
  let end = from
  for (let start = 0; start < IN_FLIGHT; start += SLOT_WORDS) {
    if (words[start + IS_TAKEN] !== 1) continue
    for (let i = 0; i < SLOT_WORDS; i += 1) into[end + i] = words[start + i] as number
    end += SLOT_WORDS
    tell(words[start + ROUTE] as number, words[start + METHOD] as number, words[start + NUMBER] as number)
  }
  return end
}

/** Where the slots are that a request has, in bytes. */
export function takenSlots(words: Int32Array, slots: number = SLOTS): number[] {
  const taken: number[] = []
  for (let start = 0; start < slots * SLOT_WORDS; start += SLOT_WORDS) {
    if (words[start + IS_TAKEN] === 1) taken.push(start * 4)
  }
  return taken
}

/** Reads the slot that begins at a place of a memory, in bytes. */
export function readSlot(memory: ArrayBufferLike, at: number): ShownRequest {
  const words = new Int32Array(memory, at, SLOT_WORDS)
  const length = Math.max(0, Math.min(words[LENGTH] as number, ID_LENGTH))
  return {
    at,
    number: words[NUMBER] as number,
    route: words[ROUTE] as number,
    method: words[METHOD] as number,
    id: Buffer.from(memory, at + ID * 4, length).toString('latin1'),
    startedAt: new Float64Array(memory, at + STARTED_AT * 4, 1)[0] as number,
  }
}

/** Reads a board, in another thread: the newest first. */
export function readBoard(memory: ArrayBufferLike): ShownRequest[] {
  const slots = takenSlots(new Int32Array(memory)).map((at) => readSlot(memory, at))
  return slots.sort(newestFirst)
}

/** Sorts requests, the newest first. */
export function newestFirst(a: Pick<ShownRequest, 'number'>, b: Pick<ShownRequest, 'number'>): number {
  return (b.number - a.number) | 0
}
