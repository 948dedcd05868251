import { types } from 'node:util'
import { ErrorMarks } from '../fault/error-marks.ts'
import type { Fault } from '../fault/fault.ts'
import { unexpected } from '../options/bad-option.ts'
import { requestStorage } from './async-context.ts'
import { JobContext } from './job-context.ts'

/** How many jobs have started. */
let started = 0

/**
 * Errors that were recorded as they passed {@link runJob}, and may yet escape from its caller, with their fault and the
 * number of the job: that of a job inside of another is the higher one.
 */
const recorded: ErrorMarks<{ readonly number: number; readonly fault: Fault } | undefined> = new ErrorMarks()

/**
 * Runs a job in a context of its own and returns what it returns, a promise as it is. A floating one is no escape: its
 * rejection is observed.
 *
 * @param record Called once with what `run` throws, or what its promise is rejected with: makes the fault, if it
 *   is one. It must not throw.
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION` for a name that is no text or a function that is none, and what `run`
 *   throws.
 */
export function runJob<T>(
  app: object,
  name: string,
  run: () => T,
  record: (error: unknown) => Fault | undefined,
): T {
  if (typeof name !== 'string' || name === '') {
    throw unexpected({ where: 'isolation.job(): ', name: 'name', value: name }, 'a text that is not empty')
  }
  if (typeof run !== 'function') {
    throw unexpected({ where: 'isolation.job(): ', name: 'fn', value: run }, 'a function')
  }
  started += 1
  const number = started
  const recordOnce = (error: unknown): void => {
    // an app may throw one and the same object again and again: only a job inside of this one has recorded this throw
    if ((recorded.get(error)?.number ?? 0) > number) return
    const fault = record(error)
    if (fault !== undefined) recorded.set(error, { number, fault })
  }
  return requestStorage.run(new JobContext(app, name), () => {
    try {
      const result = run()
      observe(result, recordOnce)
      return result
    } catch (error) {
      recordOnce(error)
      throw error
    }
  })
}

/**
 * The fault that an error which escapes already is as that of a job, as where a timer calls the job and nobody catches
 * what it throws. Given once for each record: an app may throw one and the same object again and again.
 */
export function takeRecorded(error: unknown): Fault | undefined {
  const fault = recorded.get(error)?.fault
  if (fault !== undefined) recorded.set(error, undefined)
  return fault
}

/** Sees the rejection of a promise. The `then` of other thenables is not called: it may be what starts their work. */
function observe(value: unknown, onRejection: (error: unknown) => void): void {
  if (!types.isPromise(value)) return
  try {
    Promise.prototype.then.call(value, undefined, onRejection)
  } catch {
    // a subclass whose constructor throws: its rejection is left to Node, in the context of the job
  }
}
