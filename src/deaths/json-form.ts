/** Says whether a value of JSON has a form. */
export type Check = (value: unknown) => boolean

/** A check for each field of a type: one too few or too many does not compile. */
export type Fields<T> = { readonly [Name in keyof T]-?: Check }

export const isText: Check = (value) => typeof value === 'string'
/** The latest time that can be shown, in milliseconds since the epoch. */
const LATEST = 8.64e15
/** A time, a count or a share. JSON knows no number that is not finite, and no date shows a later time. */
export const isNumber: Check = (value) => typeof value === 'number' && Math.abs(value) <= LATEST
export const isList =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
export const isRecord =
  (check: Check): Check =>
  (value) =>
    isObject(value) && Object.values(value).every(check)
export const isOneOf =
  (...words: string[]): Check =>
  (value) =>
    words.includes(value as string)
export const isOptional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)
export const has =
  <T>(fields: Fields<T>): Check =>
  (value) =>
    isObject(value) && Object.entries<Check>(fields).every(([name, check]) => check(value[name]))

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
