import { randomUUID } from 'node:crypto'
import type { Attribution, Fault, FaultRequest, Origin, Verdict } from './fault.ts'
import { fingerprintOf } from './fingerprint.ts'
import { proposeVerdict } from './verdict.ts'

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
  readonly fingerprint: string
  verdict: Verdict

  /** @param hasServed Whether the app has served: an error of nobody before that is a start that failed. */
  constructor({ error, origin, attributedTo, request, job }: Known, hasServed: boolean) {
    this.error = error
    this.origin = origin
    this.attributedTo = attributedTo
    this.request = request
    this.job = job
    this.fingerprint = fingerprintOf(error)
    this.verdict = proposeVerdict(this, hasServed)
  }
}
