import { METHODS } from 'node:http'
import type { InFlightRequest } from '../report/crash-report.ts'
import type { RequestContext } from '../request/context.ts'
import type { AppData } from './thread-data.ts'

/** How many requests it shows: the newest. */
const SLOTS = 64
/** Characters of a request's id. */
const ID_LENGTH = 48

// The layout of a slot, in words of 4 bytes. The time has two.
const IS_TAKEN = 0
const ROUTE = 1
const METHOD = 2
const LENGTH = 3
const STARTED_AT = 4
const ID = 6
const SLOT_WORDS: number = ID + ID_LENGTH / 4

/** The memory of a board: the slots, then how many requests are in flight. */
export const BOARD_BYTES: number = (SLOTS * SLOT_WORDS + 2) * 4

/**
 * The requests in flight in memory that the watching thread can read, for it has to say who was served when no
 * JavaScript can run in the main thread any more.
 */
export class InFlightBoard {
  readonly #words: Int32Array
  readonly #times: Float64Array
  readonly #bytes: Uint8Array
  readonly #owners: (RequestContext | undefined)[] = new Array(SLOTS).fill(undefined)
  readonly #methods: Map<string, number> = new Map(METHODS.map((method, i) => [method, i]))
  #next = 0

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
    this.#times = new Float64Array(memory)
    this.#bytes = new Uint8Array(memory)
  }

  /** Shows a request. It takes the place of the oldest where there is none left. */
  add(context: RequestContext): void {
    const { request, route, startedAt } = context
    if (request === undefined) return
    const slot = this.#next
    this.#next = (slot + 1) % SLOTS
    this.#owners[slot] = context
    context.slot = slot
    const words = this.#words
    const start = slot * SLOT_WORDS
    words[start + ROUTE] = route.index
    words[start + METHOD] = this.#methods.get(request.raw.method as string) ?? -1
    const { id } = request
    const length = typeof id === 'string' ? Math.min(id.length, ID_LENGTH) : 0
    const first = (start + ID) * 4
    for (let i = 0; i < length; i += 1) this.#bytes[first + i] = (id as string).charCodeAt(i)
    words[start + LENGTH] = length
    this.#times[(start + STARTED_AT) / 2] = startedAt
    words[start + IS_TAKEN] = 1
    words[SLOTS * SLOT_WORDS] = (words[SLOTS * SLOT_WORDS] as number) + 1
  }

  /** Takes a request away that was shown. */
  delete(context: RequestContext): void {
    const { slot } = context
    if (slot === -1) return
    const words = this.#words
    words[SLOTS * SLOT_WORDS] = (words[SLOTS * SLOT_WORDS] as number) - 1
    if (this.#owners[slot] !== context) return
    this.#owners[slot] = undefined
    words[slot * SLOT_WORDS + IS_TAKEN] = 0
  }
}

/** What a board shows. */
export interface OnBoard {
  /** The newest first, at most 64 of them. */
  readonly requests: readonly InFlightRequest[]
  /** How many are in flight. */
  readonly total: number
  /** The most milliseconds that one of them may block; `Infinity` where one may for ever. */
  readonly patience: number
}

/** Reads a board, in the watching thread. */
export function readBoard({ board: memory, routes }: Pick<AppData, 'board' | 'routes'>): OnBoard {
  const words = new Int32Array(memory)
  const times = new Float64Array(memory)
  const now = Date.now()
  const requests: InFlightRequest[] = []
  let patience = 0
  for (let start = 0; start < SLOTS * SLOT_WORDS; start += SLOT_WORDS) {
    if (words[start + IS_TAKEN] !== 1) continue
    const first = (start + ID) * 4
    const route = routes[words[start + ROUTE] as number]
    if (route !== undefined) patience = Math.max(patience, route.after === false ? Infinity : route.after)
    requests.push({
      id: Buffer.from(memory, first, words[start + LENGTH]).toString('latin1'),
      method: METHODS[words[start + METHOD] as number] ?? '',
      route: route?.pattern,
      age: Math.max(0, now - (times[(start + STARTED_AT) / 2] as number)),
    })
  }
  requests.sort((a, b) => a.age - b.age)
  return { requests, total: words[SLOTS * SLOT_WORDS] as number, patience }
}
