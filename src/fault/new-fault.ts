import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import type { Attribution, Fault, FaultRequest, Origin, Verdict } from './fault.ts'
import { fingerprintOf, type Likeness, likenessOf, readFingerprint } from './fingerprint.ts'
import { clip } from './thrown.ts'
import { proposeVerdict } from './verdict.ts'

/** Characters of a job's name: an app may make it of what a client sent. */
const MAX_JOB = 256

/** What is known of an error that becomes a fault. */
type Known = Pick<Fault, 'error' | 'origin' | 'attributedTo' | 'request'> & {
  readonly job?: string | undefined
}

/** The last digits of an id are a number of nine digits, so that all ids are equally long. */
const FIRST_NUMBER = 100_000_000
const LAST_NUMBER = 999_999_999

/** The digits of a random UUID before its last nine, and the number that came last. */
let idStart = ''
let idNumber = LAST_NUMBER

/** A UUID. Those of one process are counted: to draw random digits for each fault costs more. */
function newId(): string {
  if (idNumber === LAST_NUMBER) {
    idStart = randomUUID().slice(0, -String(LAST_NUMBER).length)
    idNumber = FIRST_NUMBER
  }
  idNumber += 1
  return `${idStart}${idNumber}`
}

/** The newest kind, and what it was made of: in a storm the next fault has the same. */
let lastLikeness: Likeness | undefined
let lastRoute: string | undefined
let lastOrigin: Origin | undefined
let lastKind = ''

/** A fault whose verdict is still to be found. */
export class NewFault implements Fault {
  // Declared alone: a field that has no value yet would be set twice.
  declare readonly id: string
  declare readonly at: number
  declare readonly error: unknown
  declare readonly origin: Origin
  declare readonly attributedTo: Attribution
  declare readonly request: FaultRequest | undefined
  declare readonly job: string | undefined
  declare readonly fingerprint: string
  declare verdict: Verdict
  readonly #likeness: Likeness
  #fingerprint: string | undefined

  /** @param hasServed Whether the app has served: an error of nobody before that is a start that failed. */
  constructor({ error, origin, attributedTo, request, job }: Known, hasServed: boolean) {
    this.#likeness = likenessOf(error)
    this.id = newId()
    this.at = Date.now()
    this.error = error
    this.origin = origin
    this.attributedTo = attributedTo
    this.request = request
    this.job = job === undefined ? undefined : clip(job, MAX_JOB)
    this.verdict = proposeVerdict(this, hasServed)
  }

  /** What the faults of one bug have in common, as far as it is known without reading a stack. */
  get kind(): string {
    const { origin } = this
    const likeness = this.#likeness
    const route = this.request?.route
    if (likeness !== lastLikeness || route !== lastRoute || origin !== lastOrigin) {
      lastLikeness = likeness
      lastRoute = route
      lastOrigin = origin
      lastKind = `${route ?? ''}\n${origin}\n${likeness.type}\n${likeness.message}`
    }
    return lastKind
  }

  /** Returns the fingerprint, which it reads from the stack when it is asked for first. */
  static fingerprintOf(fault: NewFault): string {
    // A proxy of a fault, or an object that inherits from one, has no private fields.
    if (!(#likeness in fault)) return fingerprintOf((fault as Fault).error)
    fault.#fingerprint ??= readFingerprint(fault.error, fault.#likeness.type)
    return fault.#fingerprint
  }
}

const FINGERPRINT: PropertyDescriptor & ThisType<NewFault> = {
  get() {
    return NewFault.fingerprintOf(this)
  },
  enumerable: true,
  configurable: true,
}

// Not in the class: the compiler writes no declaration of a name that is computed.
Object.defineProperties(NewFault.prototype, {
  fingerprint: FINGERPRINT,
  [inspect.custom]: {
    /** Prints the fingerprint itself instead of `[Getter]`. */
    value(this: NewFault): object {
      return { ...this, fingerprint: this.fingerprint }
    },
    configurable: true,
    writable: true,
  },
})

/**
 * Makes the fingerprint of a fault a property of its own, so that it is copied, printed and serialized like the others.
 * Each fault that code of the app is given has to come from here: to define it for all is dear, and most faults of a storm
 * are shown to nobody.
 */
export function shown<T extends Fault>(fault: T): T {
  if (fault instanceof NewFault && !Object.hasOwn(fault, 'fingerprint')) {
    Object.defineProperty(fault, 'fingerprint', FINGERPRINT)
  }
  return fault
}
