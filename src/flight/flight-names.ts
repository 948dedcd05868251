import { attempt } from '../attempt.ts'
import { NAMES_AT } from './layout.ts'

/** A route with one of its methods. */
export interface FlightRoute {
  readonly method: string
  /** Undefined where no route matched. */
  readonly pattern: string | undefined
}

/** The line that gives a number its route. */
export function nameLine(pair: number, method: string, pattern: string | undefined): string {
  return `${JSON.stringify([pair, method, pattern])}\n`
}

/** Reads the routes of a file, by their numbers. */
export function readNames(file: Buffer): Map<number, FlightRoute> {
  const names = new Map<number, FlightRoute>()
  for (const line of file.subarray(NAMES_AT).toString().split('\n')) {
    const [pair, method, pattern] = attempt<unknown[]>(() => JSON.parse(line), [])
    if (typeof pair !== 'number' || typeof method !== 'string') continue
    names.set(pair, { method, pattern: typeof pattern === 'string' ? pattern : undefined })
  }
  return names
}
