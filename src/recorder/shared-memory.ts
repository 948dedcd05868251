import { MARKS } from '../flight/layout.ts'

// What the main thread and the recorder's thread share beside the board of requests.

/** Words: 1 once the thread is to end. */
export const STOPPED = 0
/** Words: how many requests were written as they arrived. */
export const MARK_COUNT = 1

// Floats.
export const SHARED_HEAP_USED = 0
export const SHARED_HEAP_LIMIT = 1
export const SHARED_BEAT_AT = 2
export const SHARED_FAULTS = 3
export const SHARED_BEAT_RSS = 4
/** A ring: of each mark its pair, when it was made, and when its request was gone; 0 while that is in flight. */
const FIRST_MARK = 5
const MARK_FLOATS = 3

/** A request that was written as it arrived. Both times are in milliseconds since the epoch. */
export interface Mark {
  readonly pair: number
  readonly at: number
  /** `Infinity` while the request is in flight. */
  readonly goneAt: number
}

/** The memory that both threads see. */
export interface SharedMemory {
  readonly words: Int32Array
  readonly floats: Float64Array
}

/** Makes the memory. */
export function newSharedMemory(): SharedMemory {
  return {
    words: new Int32Array(new SharedArrayBuffer(8)),
    floats: new Float64Array(new SharedArrayBuffer((FIRST_MARK + MARK_FLOATS * MARKS) * 8)),
  }
}

/**
 * Tells the thread of a mark.
 *
 * @returns The number of the mark.
 */
export function tellMark({ words, floats }: SharedMemory, pair: number, at: number): number {
  const number = words[MARK_COUNT] as number
  const place = placeOf(number)
  floats[place] = pair
  floats[place + 1] = at
  floats[place + 2] = 0
  words[MARK_COUNT] = number + 1
  return number
}

/** Tells the thread that the request of a mark is gone. */
export function tellGone({ floats }: SharedMemory, number: number, at: number): void {
  floats[placeOf(number) + 2] = at
}

/** The marks from one number to another, the oldest first; those that others have replaced are left out. */
export function marksBetween({ floats }: SharedMemory, from: number, to: number): Mark[] {
  const marks: Mark[] = []
  for (let number = Math.max(from, to - MARKS); number < to; number += 1) {
    const place = placeOf(number)
    const [pair = 0, at = 0, goneAt = 0] = floats.subarray(place, place + MARK_FLOATS)
    marks.push({ pair, at, goneAt: goneAt === 0 ? Number.POSITIVE_INFINITY : goneAt })
  }
  return marks
}

function placeOf(number: number): number {
  return FIRST_MARK + MARK_FLOATS * (number & (MARKS - 1))
}
