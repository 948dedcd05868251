import { gunzipSync } from 'node:zlib'
import { type Answer, masked, SECRET } from './forms/form.ts'
import type { Planned } from './plan.ts'
import { headerOf, type Message } from './response-reader.ts'
import type { Sent, StreamTranscript, Transcript } from './transcript.ts'

/** What the server did meanwhile that changes what it owes. */
export interface Circumstances {
  /** The number of the last batch that was sent before the process began to leave. Undefined: it does not leave. */
  readonly leavesAfter?: number
  /** The requests that were cut at the deadline, as the log has them. */
  readonly cut?: ReadonlySet<string>
}

/** What one connection, or one stream, came to. */
export interface Verdict {
  /** What was not as it must be. */
  readonly violations: readonly string[]
  /** Requests that were answered, in whole. */
  readonly answered: number
  readonly cut: number
  /** Those without a fault of their own that were answered 500, as docs/escapes.md says that it may happen. */
  readonly collateral: readonly string[]
  /** Requests that were sent in whole and had no answer, for a reason that the docs name. */
  readonly unanswered: number
}

/** The answer to a request that comes while the process leaves. */
const REFUSAL: Answer = {
  status: 503,
  body: () =>
    JSON.stringify({ statusCode: 503, error: 'Service Unavailable', message: 'Service Unavailable' }),
  headers: () => ({ 'retry-after': '1' }),
}

/** Judges one HTTP/1 connection by what was sent on it and what came. */
export function judgeHttp1(transcript: Transcript, circumstances: Circumstances = {}): Verdict {
  const { sent, answers, end, framingError } = transcript
  const violations: string[] = []
  const collateral: string[] = []
  let cut = 0
  let unanswered = 0
  if (framingError !== undefined) violations.push(`framing: ${framingError}`)
  if (transcript.bytesReceived.includes(SECRET)) violations.push('the secret was given away')
  if (end === 'silent') violations.push('silence')
  let mayClose = false
  let isParserStopped = false
  for (const [i, request] of sent.entries()) {
    const { planned } = request
    const { form } = planned
    const isLate = circumstances.leavesAfter !== undefined && request.batch > circumstances.leavesAfter
    const whole = answers[i] ?? (endsWithConnection(transcript, i) ? ended(transcript) : undefined)
    const options = { isLate, isParserStopped }
    if (whole === undefined) {
      const isFirst = i === answers.length
      const rest = isFirst ? transcript.rest : undefined
      if (rest !== undefined) {
        const problem = differsFromAll(planned, rest, options)
        if (problem !== undefined) violations.push(`${planned.id} ${form.name}: ${problem}`)
      }
      // TCP resets what is closed while its client still sends, and what the client has not read goes with it
      const isLost =
        (end === 'reset' && sent.some(mayEnd)) || (end === 'server' && sent.slice(i).some(mayEndItsUpload))
      const isCut = isFirst && form.answers.some((answer) => answer.isCut)
      const isAtDeadline = circumstances.cut?.has(planned.id) === true
      if (isCut || isAtDeadline) {
        mayClose = true
        cut += 1
      } else if (
        end !== 'client' &&
        request.isWhole &&
        !isLost &&
        !(rest === undefined && (mayClose || isLate))
      )
        violations.push(`${planned.id} ${form.name}: no answer, connection ended by ${end}`)
      else if (end !== 'client') unanswered += 1
      mayClose = true
      continue
    }
    const problem = differsFromAll(planned, whole, options)
    if (problem !== undefined) violations.push(`${planned.id} ${form.name}: ${problem}`)
    else if (isInnocent500(planned, whole)) collateral.push(planned.id)
    if (form.stopsParser || (form.isFaulty && sent.length > 1)) isParserStopped = true
    const closes = headerOf(whole.headers, 'connection') === 'close'
    const mayIt =
      form.closes || isParserStopped || planned.headers.connection === 'close' || planned.version === '1.0'
    if (closes && !mayIt && circumstances.leavesAfter === undefined)
      violations.push(`${planned.id} ${form.name}: closes the connection without a reason`)
    if (mayIt || closes) mayClose = true
  }
  return { violations, answered: answers.length, cut, collateral, unanswered }
}

/** Judges one HTTP/2 stream. */
export function judgeStream(transcript: StreamTranscript, circumstances: Circumstances = {}): Verdict {
  const { sent, answer, end, rstCode } = transcript
  const { planned } = sent
  const violations: string[] = []
  const isLate = circumstances.leavesAfter !== undefined && sent.batch > circumstances.leavesAfter
  const isCut = planned.form.answers.some((each) => each.isCut) || circumstances.cut?.has(planned.id) === true
  // a client that closes its session gives up the streams that it has not sent yet, with REFUSED_STREAM
  const isUnsent = transcript.plan.departure.how === 'end' && rstCode === 7 && answer === undefined
  const hasLeft = end === 'client' || end === 'refused' || isUnsent
  if (end === 'silent') violations.push(`${planned.id} ${planned.form.name}: silence`)
  if (answer !== undefined) {
    if (answer.body.includes(SECRET)) violations.push(`${planned.id}: the secret was given away`)
    const problem = differsFromAll(planned, answer, { isLate, isParserStopped: false })
    if (problem !== undefined) violations.push(`${planned.id} ${planned.form.name}: ${problem}`)
  }
  if (answer?.isWhole !== true && !hasLeft && !isCut && !isLate && sent.isWhole)
    violations.push(`${planned.id} ${planned.form.name}: no whole answer, stream ended with ${rstCode}`)
  return {
    violations,
    answered: answer?.isWhole ? 1 : 0,
    cut: isCut && answer?.isWhole !== true ? 1 : 0,
    collateral: [],
    unanswered: 0,
  }
}

/** As {@link mayEnd}, of a request whose body may still be under way: libuv may take that reset for an orderly end. */
function mayEndItsUpload(sent: Sent): boolean {
  return sent.planned.body !== undefined && mayEnd(sent)
}

/** Whether the server may end the connection with a request. */
function mayEnd({ planned: { form } }: Sent): boolean {
  return form.closes === true || form.stopsParser === true || form.answers.some((answer) => answer.isCut)
}

/**
 * Whether what came last is whole because the connection has ended in order. Of an answer that is to be cut it does not
 * count: libuv takes a reset that comes together with data for an orderly end.
 */
function endsWithConnection({ sent, answers, rest, end }: Transcript, i: number): boolean {
  const isCut = sent[i]?.planned.form.answers.some((answer) => answer.isCut) === true
  return i === answers.length && rest?.framing === 'close' && end === 'server' && !isCut
}

function ended({ rest }: Transcript): Message {
  return { ...(rest as Message), isWhole: true }
}

interface Options {
  readonly isLate: boolean
  readonly isParserStopped: boolean
}

function isInnocent500({ form }: Planned, { status }: Message): boolean {
  return status === 500 && !form.answers.some((answer) => answer.status === 500)
}

/** Why an answer, or the part of it that came, is none of those that its request may get. */
function differsFromAll(
  planned: Planned,
  message: Message,
  { isLate, isParserStopped }: Options,
): string | undefined {
  const answers = [...planned.form.answers]
  if (isParserStopped && planned.body !== undefined) answers.push(masked())
  const problems = answers.map((answer) => differs(planned, answer, message))
  if (isLate) problems.push(differs({ ...planned, form: { ...planned.form, isRaw: true } }, REFUSAL, message))
  return problems.includes(undefined) ? undefined : problems.join(' | ')
}

function differs(planned: Planned, answer: Answer, message: Message): string | undefined {
  const { id, form, method } = planned
  if (message.status === 0) return undefined
  if (message.status !== answer.status) return `status ${message.status} instead of ${answer.status}`
  if (answer.isCut && message.isWhole) return 'whole, and must be cut'
  if (!form.isRaw || message.headers.some(([name]) => name === 'x-id')) {
    const own = headerOf(message.headers, 'x-id')
    if (own !== id) return `x-id ${own}`
  }
  if (!answer.isCut) {
    const isZipped = headerOf(message.headers, 'content-encoding') === 'gzip'
    for (const [name, value] of Object.entries(answer.headers?.(id) ?? {})) {
      if (name === 'content-encoding' && planned.headers['x-gzip'] !== undefined) continue
      const got = message.headers.filter(([each]) => each === name).map(([, each]) => each)
      const expected = value === undefined ? [] : Array.isArray(value) ? value : [value]
      if (got.join('\n') !== expected.join('\n')) return `${name} ${JSON.stringify(got)}`
    }
    if (isZipped)
      return message.isWhole ? differsInBody(gunzip(message.body), planned, answer, true) : undefined
  }
  if (message.isWhole && answer.trailers !== undefined && method !== 'HEAD') {
    const expected = Object.entries(answer.trailers(id))
    if (JSON.stringify(message.trailers) !== JSON.stringify(expected))
      return `trailers ${JSON.stringify(message.trailers)}`
  } else if (message.trailers.length > 0 && answer.trailers === undefined)
    return `trailers ${JSON.stringify(message.trailers)}`
  return differsInBody(message.body.toString('latin1'), planned, answer, message.isWhole)
}

function differsInBody(
  body: string,
  { id, method, body: sent = '' }: Planned,
  answer: Answer,
  isWhole: boolean,
) {
  const expected = method === 'HEAD' ? '' : answer.body(id, sent)
  if (isWhole ? body === expected : expected.startsWith(body)) return undefined
  return `body ${JSON.stringify(body.slice(0, 300))} instead of ${JSON.stringify(expected.slice(0, 300))}`
}

function gunzip(body: Buffer): string {
  try {
    return gunzipSync(body).toString('latin1')
  } catch (error) {
    return String(error)
  }
}
