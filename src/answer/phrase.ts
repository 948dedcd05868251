import { attempt } from '../attempt.ts'
import { httpErrors } from '../fault/http-error.ts'

/** What http-errors says of a status of 500 to 599 that has no phrase. Said of all while it cannot be read. */
const WITHOUT_PHRASE = 'Internal Server Error'

/** At most one for each status: making an error of http-errors takes longer than the rest of an answer. */
const phrases: Map<number, string> = new Map()

/**
 * The standard phrase of a status: all that a masked error says. Never throws.
 *
 * @param statusCode An integer from 500 to 599.
 */
export function phraseOf(statusCode: number): string {
  const known = phrases.get(statusCode)
  if (known !== undefined) return known
  const made = attempt(() => httpErrors()(statusCode).message, undefined)
  if (made !== undefined) phrases.set(statusCode, made)
  return made ?? WITHOUT_PHRASE
}
