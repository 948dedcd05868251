import { isDeepStrictEqual } from 'node:util'
import { SECRET } from '../fixtures/escape-catalogue.ts'
import type { LogLine } from '../support/child.ts'
import type { Expected, Planned, Seen } from './planned.ts'

/** Failures that are printed; the rest is counted. */
const MAX_TOLD = 20

/** What the clients know of all requests, without asking the server. */
export class Ledger {
  readonly counts = {
    requests: 0,
    answered: 0,
    aborted: 0,
    lost: 0,
    wrong: 0,
    leaks: 0,
    faults: 0,
    escapes: 0,
    /** Log lines that no request explains. */
    strangeLines: 0,
  }
  /** Faults that there must have been, by origin. */
  readonly expected: Record<string, number> = {}
  /** Faults that the log had, by origin. */
  readonly logged: Record<string, number> = {}
  readonly failures: string[] = []
  /** Requests whose log lines have not all come. */
  readonly #open = new Map<string, { readonly planned: Planned; readonly missing: string[] }>()

  /** Before a request is sent. */
  sends(planned: Planned): void {
    this.counts.requests += 1
    const { nonce, expected } = planned
    if (expected.faults.length === 0) return
    this.#open.set(nonce, { planned, missing: [...expected.faults] })
    for (const fault of expected.faults) {
      const [origin = ''] = fault.split(' ')
      this.expected[origin] = (this.expected[origin] ?? 0) + 1
      if (fault.endsWith(' context')) this.counts.escapes += 1
      else this.counts.faults += 1
    }
  }

  /**
   * An answer, whole or cut.
   *
   * @param where What a reader of a failure has to know besides.
   */
  gets(planned: Planned, seen: Seen, where: string = ''): void {
    const { expected } = planned
    this.#looksForSecret(planned, seen.body)
    if (seen.isCut && !expected.isCut) {
      this.loses(planned, `cut after status ${seen.status} and ${seen.body.length} characters ${where}`)
      return
    }
    this.counts.answered += 1
    if (isAsExpected(seen, expected) || isDeepStrictEqual(seen, expected.inTime)) return
    this.counts.wrong += 1
    this.#fails(planned, `got ${describe(seen)} instead of ${describe(expected)} ${where}`)
  }

  /** The client went away by itself. */
  aborts(planned: Planned, received = ''): void {
    this.counts.aborted += 1
    this.#looksForSecret(planned, received)
  }

  /** No answer came, or not all of it. */
  loses(planned: Planned, why: string): void {
    this.counts.lost += 1
    this.#fails(planned, `lost: ${why}`)
  }

  /** A line of the server's log. */
  reads(line: LogLine): void {
    if (line.fault === undefined) {
      // a line that tells of trouble while a fault is handled names the fault
      if (line.level >= 50 && line.faultId === undefined) this.#strange(line)
      return
    }
    const { origin, attributedTo, verdict } = line.fault
    this.logged[origin] = (this.logged[origin] ?? 0) + 1
    const open = this.#open.get(line.reqId)
    const at = open?.missing.indexOf(`${origin} ${attributedTo}`) ?? -1
    if (open === undefined || at === -1 || verdict !== (origin === 'exception' ? 'recycle' : 'contain')) {
      this.#strange(line)
      return
    }
    open.missing.splice(at, 1)
    if (open.missing.length === 0) this.#open.delete(line.reqId)
  }

  /** Whether every fault that must be logged was. */
  get isComplete(): boolean {
    return this.#open.size === 0
  }

  /** The faults that were not logged: each fails the soak. */
  missing(): string[] {
    return Array.from(
      this.#open.values(),
      ({ planned, missing }) => `${planned.name} ${planned.nonce}: not logged: ${missing}`,
    )
  }

  #looksForSecret(planned: Planned, text: string): void {
    if (!text.includes(SECRET)) return
    this.counts.leaks += 1
    this.#fails(planned, 'the answer gives the secret away')
  }

  #strange(line: LogLine): void {
    this.counts.strangeLines += 1
    this.#tell(`a log line that no request explains: ${JSON.stringify(line).slice(0, 2000)}`)
  }

  #fails({ name, nonce }: Planned, what: string): void {
    this.#tell(`${name} ${nonce}: ${what}`)
  }

  #tell(failure: string): void {
    if (this.failures.length < MAX_TOLD) this.failures.push(failure)
  }
}

function isAsExpected(seen: Seen, expected: Expected): boolean {
  if (seen.isCut !== expected.isCut) return false
  // behind another answer on its connection it may be cut before it had its turn
  if (seen.isCut && seen.status === 0 && seen.body === '') return true
  if (seen.status !== expected.status) return false
  return expected.isCut ? expected.body.startsWith(seen.body) : expected.body === seen.body
}

function describe({ status, body, isCut }: Seen): string {
  return `${status}${isCut ? ' cut' : ''} ${JSON.stringify(body.slice(0, 200))}`
}
