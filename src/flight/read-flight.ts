import { attempt } from '../attempt.ts'
import { type Check, isNumber } from '../deaths/json-form.ts'
import { newestFirst, readSlot, SLOT_BYTES, takenSlots } from '../in-flight/board.ts'
import { isEndMark, isFlightHeader, isSeenFaults } from './flight-form.ts'
import { type FlightRoute, readNames } from './flight-names.ts'
import * as layout from './layout.ts'
import { recentTime } from './recent-time.ts'
import { readHalves } from './two-halves.ts'

/** Milliseconds between two turns of the event loop from which on it stood still: the heart beats four times a second. */
const STOOD_STILL = 500

/** A request that was in flight. */
export interface FlightRequest {
  readonly id: string
  readonly route: FlightRoute
  /** In milliseconds since the epoch. */
  readonly startedAt: number
}

/** How often a route stood in the file: shares of the time, from 0 to 1. What is ten minutes ago counts half. */
export interface FlightRate {
  readonly route: FlightRoute
  readonly shown: number
  readonly newest: number
}

/** What the last copy says of the process. */
export interface Vitals {
  /** In milliseconds since the epoch. */
  readonly copiedAt: number
  /** How many copies there were. */
  readonly copies: number
  /** Bytes. */
  readonly rss: number
  readonly heapUsed: number
  readonly heapLimit: number
  /** When the event loop turned last, in milliseconds since the epoch, and the resident set then. */
  readonly beatAt: number
  readonly beatRss: number
  readonly faults: number
  readonly inFlightTotal: number
  /** As {@link MemoryKills}. */
  readonly machineKills: number
  readonly groupKills: number
}

/** What a file of the recorder says. */
export interface Flight {
  readonly header: layout.FlightHeader
  readonly end: layout.EndMark
  /** The route that was on trial; undefined where none was. */
  readonly trial: string | undefined
  /** The newest first. */
  readonly faults: readonly layout.SeenFault[]
  /** Undefined where the process died before the first copy. */
  readonly vitals: Vitals | undefined
  /** The newest first. */
  readonly inFlight: readonly FlightRequest[]
  readonly rates: readonly FlightRate[]
  /** Weighted milliseconds that the rates are of; 0 where none were written, because the process died too soon. */
  readonly observed: number
}

/**
 * Reads a file; undefined where it is none, or one of another version. What does not have its form is left out, because
 * a state that holds it could not be read again. Never throws.
 */
export function readFlight(file: Buffer): Flight | undefined {
  const header = jsonAt<layout.FlightHeader>(file, layout.HEADER_AT, isFlightHeader)
  if (header === undefined) return undefined
  const names = readNames(file)
  const copy = readHalves(file, layout.COPIES_AT, layout.COPY_HALF, layout.COPY_HEAD * 8)
  const vitals = copy && vitalsIn(copy)
  const inFlight = inFlightIn(file, copy, names)
  return {
    header,
    end: jsonAt<layout.EndMark>(file, layout.END_AT, isEndMark) ?? {},
    trial: textAt(file, layout.TRIAL_AT) || undefined,
    faults: jsonAt<layout.SeenFault[]>(file, layout.FAULTS_AT, isSeenFaults) ?? [],
    vitals,
    inFlight,
    ...ratesIn(file, names, inFlight, vitals?.beatAt),
  }
}

function textAt(file: Buffer, at: number): string {
  const part = file.subarray(at, at + layout.TEXT_BYTES)
  const end = part.indexOf(0)
  return part.toString('utf8', 0, end === -1 ? part.length : end)
}

/** Undefined where it does not have the form that is asked for. */
function jsonAt<T>(file: Buffer, at: number, fits: Check): T | undefined {
  const value: unknown = attempt(() => JSON.parse(textAt(file, at)), undefined)
  return fits(value) ? (value as T) : undefined
}

function vitalsIn(copy: Buffer): Vitals | undefined {
  const float = (place: number): number => copy.readDoubleLE(place * 8)
  const vitals = {
    copiedAt: float(layout.COPIED_AT),
    copies: float(layout.COPIES),
    rss: float(layout.RSS),
    heapUsed: float(layout.HEAP_USED),
    heapLimit: float(layout.HEAP_LIMIT),
    beatAt: float(layout.BEAT_AT),
    beatRss: float(layout.BEAT_RSS),
    faults: float(layout.FAULTS),
    inFlightTotal: float(layout.TOTAL),
    machineKills: float(layout.MACHINE_KILLS),
    groupKills: float(layout.GROUP_KILLS),
  }
  return Object.values(vitals).every(isNumber) ? vitals : undefined
}

/** What the last copy shows, and what was marked since. */
function inFlightIn(
  file: Buffer,
  copy: Buffer | undefined,
  names: ReadonlyMap<number, FlightRoute>,
): FlightRequest[] {
  const arrived = copy === undefined ? 0 : copy.readDoubleLE(layout.ARRIVED * 8)
  const marks = Array.from({ length: layout.MARKS }, (_, i) => {
    const at = layout.MARKS_AT + i * layout.MARK_BYTES
    return slotsIn(file.subarray(at, at + SLOT_BYTES))
  })
  const since = marks.flat().filter(({ number }) => newestFirst({ number }, { number: arrived }) < 0)
  const copied = copy === undefined ? [] : slotsIn(copy.subarray(layout.COPY_HEAD * 8))
  const byNumber = new Map([...copied, ...since].map((slot) => [slot.number, slot]))
  return [...byNumber.values()].sort(newestFirst).map(({ id, route, method, startedAt }) => {
    const name = names.get(layout.pairOf(route, method)) ?? { method: '', pattern: undefined }
    return { id, startedAt, route: name }
  })
}

function slotsIn(bytes: Buffer) {
  // what is read as words has to begin at a multiple of their length
  const { buffer } = Uint8Array.from(bytes)
  const count = Math.floor(bytes.length / SLOT_BYTES)
  return takenSlots(new Int32Array(buffer, 0, (count * SLOT_BYTES) / 4), count)
    .map((at) => readSlot(buffer, at))
    .filter(({ startedAt }) => isNumber(startedAt))
}

/**
 * While the event loop stands still no request comes or goes: whoever is in flight then stays there, and that says nothing
 * of how often it is.
 *
 * @param beatAt When the event loop turned last, in milliseconds since the epoch; undefined where that is not known.
 */
function ratesIn(
  file: Buffer,
  names: ReadonlyMap<number, FlightRoute>,
  inFlight: readonly FlightRequest[],
  beatAt: number | undefined,
): Pick<Flight, 'rates' | 'observed'> {
  const body = readHalves(file, layout.RATES_AT, layout.RATES_HALF, layout.RATES_HEAD * 8)
  const all = body?.readDoubleLE(layout.OBSERVED * 8) ?? 0
  if (body === undefined || !(all > 0)) return { rates: [], observed: 0 }
  const still = beatAt === undefined ? 0 : body.readDoubleLE(layout.RATES_UNTIL * 8) - beatAt
  const stood = still > STOOD_STILL && recentTime(still) < all ? recentTime(still) : 0
  const observed = all - stood
  const there = new Set(inFlight.map(({ route }) => route))
  const [newest] = inFlight
  const rates: FlightRate[] = []
  const step = layout.RATE_WORDS * 8
  for (let at = layout.RATES_HEAD * 8; at + step <= body.length; at += step) {
    const route = names.get(body.readDoubleLE(at + layout.PAIR * 8))
    if (route === undefined) continue
    const share = (place: number, less: number): number =>
      Math.min(1, Math.max(0, body.readDoubleLE(at + place * 8) - less) / observed)
    const shown = share(layout.SHOWN, there.has(route) ? stood : 0)
    const rate = { route, shown, newest: share(layout.NEWEST, newest?.route === route ? stood : 0) }
    if (isNumber(rate.shown) && isNumber(rate.newest)) rates.push(rate)
  }
  return { rates, observed }
}
