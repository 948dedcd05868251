import { METHODS } from 'node:http'
import { inFlightOn, readBoard } from '../in-flight/board.ts'
import type { InFlightRequest } from '../report/crash-report.ts'
import type { AppData } from './thread-data.ts'

/** The requests in flight of an app, as the watching thread sees them. */
export interface OnBoard {
  /** The newest first, at most 512 of them. */
  readonly requests: readonly InFlightRequest[]
  /** How many are in flight. */
  readonly total: number
  /** The most milliseconds that one of them may block; `Infinity` where one may for ever. */
  readonly patience: number
}

/** Reads the board of an app, in the watching thread. */
export function lookAtBoard({ board, routes }: Pick<AppData, 'board' | 'routes'>): OnBoard {
  const now = Date.now()
  let patience = 0
  const requests = readBoard(board).map(({ id, method, route: index, startedAt }) => {
    const route = routes[index]
    if (route !== undefined) patience = Math.max(patience, route.after === false ? Infinity : route.after)
    const age = Math.max(0, now - startedAt)
    return { id, method: METHODS[method] ?? '', route: route?.pattern, age }
  })
  return { requests, total: inFlightOn(new Int32Array(board)), patience }
}
