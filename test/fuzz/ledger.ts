import type { LogLine } from '../support/child.ts'
import type { Verdict } from './judge/verdict.ts'
import type { ConnectionPlan, Planned } from './plan.ts'
import type { StreamTranscript, Transcript } from './transcript.ts'

/** Failures that are told in full; the rest is counted. */
const MAX_TOLD = 8
/** Bytes that are shown of what a connection sent, and of what it got. */
const MAX_BYTES = 12_000

/** What became of all requests of a run, by the clients' own knowledge. */
export class Ledger {
  readonly counts = {
    connections: 0,
    /** Requests of which at least a byte was sent. */
    requests: 0,
    answered: 0,
    cut: 0,
    unanswered: 0,
    collateral: 0,
    violations: 0,
  }
  readonly failures: string[] = []
  readonly #seed: number
  readonly #sent: Map<string, { readonly planned: Planned; readonly plan: ConnectionPlan }> = new Map()
  /** Those that may name a neighbour. */
  readonly #misnaming: Set<ConnectionPlan> = new Set()
  readonly #collateral: Set<string> = new Set()

  constructor(seed: number) {
    this.#seed = seed
  }

  /** Takes what an HTTP/1 connection came to. */
  takeConnection(transcript: Transcript, verdict: Verdict): void {
    this.counts.connections += 1
    for (const { planned } of transcript.sent) this.#remember(planned, transcript.plan)
    this.#take(transcript.sent.length, transcript.plan, verdict, () => ledgerOf(transcript))
  }

  /** Takes what the streams of an HTTP/2 connection came to. */
  takeStreams(transcripts: readonly StreamTranscript[], verdicts: readonly Verdict[]): void {
    this.counts.connections += 1
    for (const [i, transcript] of transcripts.entries()) {
      this.#remember(transcript.sent.planned, transcript.plan)
      this.#take(1, transcript.plan, verdicts[i] as Verdict, () => ledgerOfStream(transcript))
    }
  }

  /** Looks for what no connection has seen: faults in the name of requests that had none. */
  readLog(log: readonly LogLine[]): void {
    for (const { fault, reqId, err, msg } of log) {
      if (fault === undefined || reqId === undefined || fault.attributedTo === 'none') continue
      const { planned, plan } = this.#sent.get(reqId) ?? {}
      if (planned === undefined || planned.form.isFaulty || this.#collateral.has(reqId)) continue
      // its answer was looked at
      if (plan?.protocol === 1 && this.#misnaming.has(plan)) continue
      this.fails(
        `a fault in the name of ${reqId} (${planned.form.name}), which has none: ${msg}\n${err?.stack}`,
      )
    }
  }

  #remember(planned: Planned, plan: ConnectionPlan): void {
    this.#sent.set(planned.id, { planned, plan })
    if (planned.form.isNamedAfterNeighbours) this.#misnaming.add(plan)
  }

  /** A failure of no one connection. */
  fails(what: string): void {
    this.counts.violations += 1
    if (this.failures.length < MAX_TOLD) this.failures.push(what)
  }

  #take(requests: number, plan: ConnectionPlan, verdict: Verdict, show: () => string): void {
    this.counts.requests += requests
    this.counts.answered += verdict.answered
    this.counts.cut += verdict.cut
    this.counts.unanswered += verdict.unanswered
    this.counts.collateral += verdict.collateral.length
    for (const id of verdict.collateral) this.#collateral.add(id)
    if (verdict.violations.length === 0) return
    this.counts.violations += verdict.violations.length - 1
    const { number, protocol } = plan
    const replay = `npm run test:fuzz -- --seed ${this.#seed} --http ${protocol} --connection ${number}`
    this.fails(
      `seed ${this.#seed}, HTTP/${protocol}, connection ${number} (alone: ${replay})\n` +
        `${verdict.violations.map((violation) => `  ${violation}\n`).join('')}${describe(plan)}\n${show()}`,
    )
  }
}

/** What a client was to do. */
function describe({ batches, ...how }: ConnectionPlan): string {
  const names = batches.map((batch) =>
    batch.map(({ form, body, upload }) => form.name + (body === undefined ? '' : `:${upload}`)).join(' '),
  )
  return `plan: ${names.join(' / ')}\n${JSON.stringify(how)}`
}

function ledgerOf({ sent, end, bytesSent, bytesReceived }: Transcript): string {
  const whole = sent.filter(({ isWhole }) => isWhole).length
  return (
    `${sent.length} requests begun, ${whole} sent in whole, ended by ${end}\n` +
    `--- sent\n${shown(bytesSent)}\n--- received\n${shown(bytesReceived)}\n---`
  )
}

function ledgerOfStream({ sent, answer, rstCode, end, events }: StreamTranscript): string {
  const head = answer && JSON.stringify([answer.status, ...answer.headers])
  return (
    `sent ${sent.isWhole ? 'in whole' : 'in part'}, ended by ${end} with code ${rstCode}; the connection: ${events.join(', ')}\n` +
    `--- sent\n${JSON.stringify(sent.planned.headers)}\n${shown(Buffer.from(sent.planned.body ?? ''))}\n` +
    `--- received\n${head}\n${shown(answer?.body ?? Buffer.alloc(0))}\n---`
  )
}

/** Repeats of an id, which most of a body consists of, are told by their number. */
function shown(bytes: Buffer): string {
  const text = bytes
    .toString('latin1')
    .replace(/([\w.-]+;)\1{3,}/g, (all, one: string) => `(${one})*${all.length / one.length}`)
    .replace(
      /[^\n\r\x20-\x7e]/g,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
    )
    .replaceAll('\r\n', '\\r\\n\n')
  return text.length > MAX_BYTES ? `…${text.slice(-MAX_BYTES)}` : text
}
