import { constants } from 'node:os'
import type { QuarantineStore } from '../deaths/quarantine-store.ts'
import { isArrayLike, readProperty } from '../fault/thrown.ts'
import { LONGEST_TIMER } from '../settles-within.ts'
import { type Given, unexpected } from './bad-option.ts'
import { type ExitReason, isAllowedExitCode } from './exit-codes.ts'

// Each check returns the value of an option, or throws the error that says what was expected.

/** An option's boolean. */
export function checkBoolean(given: Given): boolean {
  if (typeof given.value === 'boolean') return given.value
  throw unexpected(given, 'a boolean')
}

/** An option's function. */
export function checkFunction<F>(given: Given): F {
  if (typeof given.value === 'function') return given.value as F
  throw unexpected(given, 'a function')
}

/** An option's text, not empty. */
export function checkText(given: Given, expected: string): string {
  if (typeof given.value === 'string' && given.value !== '') return given.value
  throw unexpected(given, expected)
}

/** An option in milliseconds. */
export function checkMilliseconds(given: Given): number {
  return checkDelay(given, false)
}

/** An option in milliseconds, or `Infinity` for never. */
export function checkMillisecondsOrNever(given: Given): number {
  return checkDelay(given, true)
}

function checkDelay(given: Given, allowInfinity: boolean): number {
  const { value } = given
  if (typeof value === 'number' && value >= 0) {
    if (value <= LONGEST_TIMER || (allowInfinity && value === Number.POSITIVE_INFINITY)) return value
    const instead = allowInfinity ? 'or Infinity for never' : 'the longest that a timer takes'
    throw unexpected(given, `a number of milliseconds of at most ${LONGEST_TIMER}, ${instead}`)
  }
  throw unexpected(given, 'a number of milliseconds >= 0')
}

/** One number of milliseconds for all graces. */
export function checkGrace(given: Given): number {
  if (typeof given.value === 'number') return checkMilliseconds(given)
  throw unexpected(given, 'a number of milliseconds >= 0, or an object with `rejection` and `exception`')
}

/** Below it, a long garbage collection would be a runaway. */
const LEAST_RUNAWAY = 100

/** After how many milliseconds a request is a runaway. */
export function checkRunawayTime(given: Given): number {
  const { value } = given
  if (typeof value === 'number' && value >= LEAST_RUNAWAY && value <= LONGEST_TIMER) return value
  throw unexpected(given, `a number of milliseconds from ${LEAST_RUNAWAY} to ${LONGEST_TIMER}`)
}

/** An option that counts something: an integer >= 0, or Infinity. */
export function checkCount(given: Given): number {
  const { value } = given
  const isCount = Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY
  if (isCount && (value as number) >= 0) return value as number
  throw unexpected(given, 'an integer >= 0, or Infinity for all')
}

/** How many deaths or starts are too many: the first one is never one too many. */
export function checkRepeats(given: Given): number {
  const { value } = given
  if (Number.isSafeInteger(value) && (value as number) >= 2) return value as number
  throw unexpected(given, 'an integer >= 2')
}

/** The functions of a store. */
const STORE: readonly (keyof QuarantineStore)[] = ['load', 'record', 'update']

/** Where a fleet keeps its deaths. */
export function checkStore(given: Given): QuarantineStore {
  const { value } = given
  const has = (name: string): boolean => typeof readProperty(value, name) === 'function'
  if (typeof value === 'object' && value !== null && STORE.every(has)) return value as QuarantineStore
  throw unexpected(given, 'a store: an object with the functions `load`, `record` and `update`')
}

/** One of some words. */
export function checkWord<T extends string>(given: Given, words: readonly T[]): T {
  const { value } = given
  if (words.includes(value as T)) return value as T
  throw unexpected(given, choiceOf(words))
}

/** One of some words, or a function. */
export function checkWordOrFunction<T>(given: Given, words: readonly Extract<T, string>[]): T {
  const { value } = given
  if (typeof value === 'function' || words.includes(value as Extract<T, string>)) return value as T
  throw unexpected(given, `${choiceOf(words)} or a function`)
}

function choiceOf(words: readonly string[]): string {
  return words.map((word) => `'${word}'`).join(' or ')
}

/** An exit code after the process leaves for this reason. */
export function checkExitCode(given: Given, reason: ExitReason): number {
  if (isAllowedExitCode(given.value, reason)) return given.value
  const orZero = reason === 'fatal' ? '' : ', or 0'
  throw unexpected(given, `an integer from 14 to 125, since 1 to 13 are Node's own${orZero}`)
}

/** No system has as many signals. */
const MAX_SIGNALS = 128

/** The names of signals that a process can handle. */
export function checkSignals(given: Given): readonly NodeJS.Signals[] {
  const { value } = given
  if (!isArrayLike(value)) throw unexpected(given, "an array of signal names, such as ['SIGTERM']")
  const length = Number(readProperty(value, 'length')) || 0
  return Array.from({ length: Math.min(length, MAX_SIGNALS) }, (_, i) => {
    const signal = readProperty(value, i)
    const each = { ...given, name: `${given.name}[${i}]`, value: signal }
    if (signal === 'SIGKILL' || signal === 'SIGSTOP') {
      throw unexpected(each, 'a signal that a process can handle')
    }
    if (typeof signal === 'string' && Object.hasOwn(constants.signals, signal))
      return signal as NodeJS.Signals
    throw unexpected(each, "the name of a signal, such as 'SIGTERM'")
  })
}

/** The path of a URL. */
export function checkPath(given: Given): string {
  if (typeof given.value === 'string' && given.value.startsWith('/')) return given.value
  throw unexpected(given, "a path that starts with '/'")
}

/** The path of a file, or false. */
export function checkTerminationLog(given: Given): string | false {
  return given.value === false ? false : checkText(given, 'the path of a file, or false')
}
