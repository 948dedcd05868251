import { Holder } from '../holder.ts'

/** What one of the {@link ErrorMarks} remembers of an error. An error has few. */
interface Entry {
  readonly owner: object
  value: unknown
  readonly next: Entry | undefined
}

/**
 * The one private field for all: two classes made by one function share what V8 learns of them, and so it would have
 * to search each time.
 */
class Mark extends Holder {
  #entries: Entry | undefined

  constructor(error: object, entries: Entry) {
    super(error)
    this.#entries = entries
  }

  static of(error: object): Entry | undefined {
    return #entries in error ? (error as Mark).#entries : undefined
  }

  static put(error: object, entries: Entry): void {
    if (#entries in error) (error as Mark).#entries = entries
    else new Mark(error, entries)
  }
}

/**
 * Remembers something of error objects for as long as they are in use, like a WeakMap, and never throws. It keeps it in
 * a private field that nobody else sees: an entry of a WeakMap for each fault, or a WeakRef, costs the garbage
 * collector as much as the rest of a fault.
 */
export class ErrorMarks<T> {
  /** Of objects that take no private field: a V8 may refuse it to frozen ones. */
  #others: WeakMap<object, T> | undefined = undefined

  /** Returns what was set last; undefined for what is no object. */
  get(error: unknown): T | undefined {
    if (!isObject(error)) return undefined
    return (this.#entryOf(error)?.value as T | undefined) ?? this.#others?.get(error)
  }

  /** Does nothing for what is no object. */
  set(error: unknown, value: T): void {
    if (!isObject(error)) return
    const entry = this.#entryOf(error)
    if (entry !== undefined) {
      entry.value = value
      return
    }
    try {
      Mark.put(error, { owner: this, value, next: Mark.of(error) })
    } catch {
      this.#others ??= new WeakMap()
      this.#others.set(error, value)
    }
  }

  #entryOf(error: object): Entry | undefined {
    let entry = Mark.of(error)
    while (entry !== undefined && entry.owner !== this) entry = entry.next
    return entry
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
