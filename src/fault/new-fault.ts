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

/** A fault whose verdict is still to be found. */
export class NewFault implements Fault {
  readonly id: string = randomUUID()
  readonly at: number = Date.now()
  readonly error: unknown
  readonly origin: Origin
  readonly attributedTo: Attribution
  readonly request: FaultRequest | undefined
  readonly job: string | undefined
  declare readonly fingerprint: string
  verdict: Verdict
  readonly #likeness: Likeness
  #fingerprint: string | undefined = undefined

  /** @param hasServed Whether the app has served: an error of nobody before that is a start that failed. */
  constructor({ error, origin, attributedTo, request, job }: Known, hasServed: boolean) {
    this.error = error
    this.origin = origin
    this.attributedTo = attributedTo
    this.request = request
    this.job = job === undefined ? undefined : clip(job, MAX_JOB)
    this.verdict = proposeVerdict(this, hasServed)
    this.#likeness = likenessOf(error)
    Object.defineProperty(this, 'fingerprint', FINGERPRINT)
  }

  /** What the faults of one bug have in common, as far as it is known without reading a stack. */
  get kind(): string {
    const { type, message } = this.#likeness
    return `${this.request?.route ?? ''}\n${this.origin}\n${type}\n${message}`
  }

  /** Returns the fingerprint, which it reads from the stack when it is asked for first. */
  static fingerprintOf(fault: NewFault): string {
    // A proxy of a fault, or an object that inherits from one, has no private fields.
    if (!(#likeness in fault)) return fingerprintOf((fault as Fault).error)
    fault.#fingerprint ??= readFingerprint(fault.error, fault.#likeness.type)
    return fault.#fingerprint
  }
}

// Not in the class: the compiler writes no declaration of a name that is computed.
Object.defineProperty(NewFault.prototype, inspect.custom, {
  /** Prints the fingerprint itself instead of `[Getter]`. */
  value(this: NewFault): object {
    return { ...this }
  },
  configurable: true,
  writable: true,
})

/** An own property, so that it is copied, printed and serialized like the others. */
const FINGERPRINT: PropertyDescriptor & ThisType<NewFault> = {
  get() {
    return NewFault.fingerprintOf(this)
  },
  enumerable: true,
  configurable: true,
}
