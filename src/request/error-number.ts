import { ErrorMarks } from '../fault/error-marks.ts'

const numbers: ErrorMarks<number> = new ErrorMarks()
let last = 0

/**
 * Gives an error object a number of its own, by which it is known later without being held: an error may refer to its
 * request. Undefined for what is no object.
 */
export function numberOf(error: unknown): number | undefined {
  const known = numbers.get(error)
  if (known !== undefined) return known
  if (typeof error !== 'object' || error === null) return undefined
  last += 1
  numbers.set(error, last)
  return last
}

/** Whether an error has this number. */
export function hasNumber(error: unknown, number: number | undefined): boolean {
  return number !== undefined && numbers.get(error) === number
}
