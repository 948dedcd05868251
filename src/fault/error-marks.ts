import { Holder } from '../holder.ts'

/** Keeps a value on error objects. */
interface Mark<T> {
  get(error: object): T | undefined
  set(error: object, value: T): void
}

function makeMark<T>(): Mark<T> {
  return class ErrorMark extends Holder {
    #value: T

    constructor(error: object, value: T) {
      super(error)
      this.#value = value
    }

    static get(error: object): T | undefined {
      return #value in error ? (error as ErrorMark).#value : undefined
    }

    static set(error: object, value: T): void {
      if (#value in error) (error as ErrorMark).#value = value
      else new ErrorMark(error, value)
    }
  }
}

/**
 * Remembers something of error objects for as long as they are in use, like a WeakMap, and never throws. It keeps it in
 * a private field that nobody else sees: an entry of a WeakMap for each fault, or a WeakRef, costs the garbage
 * collector as much as the rest of a fault.
 */
export class ErrorMarks<T> {
  readonly #mark: Mark<T> = makeMark()
  /** Of objects that take no private field: a V8 may refuse it to frozen ones. */
  #others: WeakMap<object, T> | undefined = undefined

  /** Returns what was set last; undefined for what is no object. */
  get(error: unknown): T | undefined {
    return isObject(error) ? (this.#mark.get(error) ?? this.#others?.get(error)) : undefined
  }

  /** Does nothing for what is no object. */
  set(error: unknown, value: T): void {
    if (!isObject(error)) return
    try {
      this.#mark.set(error, value)
    } catch {
      this.#others ??= new WeakMap()
      this.#others.set(error, value)
    }
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
