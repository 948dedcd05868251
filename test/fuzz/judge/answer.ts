import { gunzipSync } from 'node:zlib'
import { type Answer, masked } from '../forms/form.ts'
import type { Planned } from '../plan.ts'
import { headerOf, type Message } from '../response-reader.ts'

/** The answer to a request that comes while the process leaves. */
const REFUSAL: Answer = {
  status: 503,
  body: () =>
    JSON.stringify({ statusCode: 503, error: 'Service Unavailable', message: 'Service Unavailable' }),
  headers: () => ({ 'retry-after': '1' }),
}

/** What a request may get besides the answers of its form. */
interface Allowed {
  /** It came while the process leaves: the refusal. */
  readonly isLate: boolean
  /** The exception of another request may have stopped the parser in its body: a 500. */
  readonly mayLoseItsBody: boolean
}

/** Whether a request without a fault of its own was answered 500. */
export function isInnocent500({ form }: Planned, { status }: Message): boolean {
  return status === 500 && !form.answers.some((answer) => answer.status === 500)
}

/** Why an answer, or the part of it that came, is none of those that its request may get. */
export function differsFromAll(
  planned: Planned,
  message: Message,
  { isLate, mayLoseItsBody }: Allowed,
): string | undefined {
  const answers = [...planned.form.answers]
  if (mayLoseItsBody) answers.push(masked())
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
