import { createHash, randomBytes } from 'node:crypto'
import type { Fault } from '../fault/fault.ts'
import { serializeError } from '../fault/serialize.ts'
import type { SerializedError } from '../fault/serialized-error.ts'
import { mendFrame, pageSource, pageStack } from './page-stack.ts'

type YouchModule = typeof import('youch')

/** Not written into the `import()`: a bundler would fail for want of it, or put it into what goes to production. */
const OPTIONAL: string = 'youch'

/** Where youch comes from: an optional peer dependency, first asked for when the first page is made. */
export const youch: { load(): Promise<YouchModule> } = { load: () => import(OPTIONAL) }

/** A page, and the policy under which a browser shows it as it is meant. */
export interface Page {
  readonly html: string
  /** The value of `Content-Security-Policy`. */
  readonly policy: string
}

/** The one handler that youch writes into an attribute, where a nonce does not count. */
const COPY_BUTTON = createHash('sha256').update('copyErrorMessage(this)').digest('base64')

/** Nothing is fetched, and no script runs but youch's own, whatever an error manages to write into the page. */
function policyFor(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'unsafe-hashes' 'sha256-${COPY_BUTTON}'`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join(';')
}

/** Messages and stacks of several lines, and tables without a heading of their own. */
const STYLES = `
#error-message > span + span, .card-subtitle + span { white-space: pre-wrap }
#error-message > span + span, .card-subtitle + span, .table-value { overflow-wrap: anywhere }
.metadata-group .card-subtitle { text-transform: none }
.metadata-group .card-subtitle:empty { display: none }
`

/**
 * Makes the page of a fault. youch gets a few bounded strings: from the error itself it would print every property,
 * from the request every header.
 *
 * @param fault The fault.
 * @param title The status and its phrase.
 * @throws What importing youch, or youch itself, throws.
 */
export async function makePage(fault: Fault, title: string): Promise<Page> {
  const { Youch } = await youch.load()
  const { error, request } = fault
  const serialized = serializeError(error)
  const { type: name, message, code } = serialized
  const nonce = randomBytes(16).toString('base64')
  const page = new Youch()
  page.defineSourceLoader(pageSource)
  page.useTransformer((parsed) => {
    for (const frame of parsed.frames) mendFrame(frame)
    parsed.hint = hintOf(fault)
  })
  page.templates.injectStyles(STYLES)
  const causes = Object.fromEntries(causesOf(serialized, ''))
  if (Object.keys(causes).length > 0) page.metadata.group('Causes', causes)
  const { id, origin, verdict, fingerprint } = fault
  const path = request?.url.split('?', 1)[0]
  page.metadata
    .group('Request', { '': rows({ id: request?.id, method: request?.method, path, route: request?.route }) })
    .group('Fault', { '': rows({ id, origin, verdict, fingerprint, code }) })
  const html = await page.toHTML({ name, message, stack: pageStack(error) }, { title, cspNonce: nonce })
  return { html, policy: policyFor(nonce) }
}

type Row = { key: string; value: string }

function rows(values: Record<string, string | number | undefined>): Row[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value: String(value) }],
  )
}

/** What stands behind an error, by where it stands: `cause.errors[0]`. */
function causesOf(error: SerializedError, path: string): [path: string, row: Row][] {
  const { cause, errors = [] } = error
  const inner = errors.map((member, i): [string, SerializedError] => [`${path}errors[${i}]`, member])
  if (cause !== undefined) inner.unshift([`${path}cause`, cause])
  return inner.flatMap(([key, one]) => [
    [key, { key, value: one.stack || `${one.type}: ${one.message}` }],
    ...causesOf(one, `${key}.`),
  ])
}

/** What leads to the line of the log. youch prints it below the message, as HTML. */
function hintOf({ id, request }: Fault): string {
  const requestId = (request?.id ?? '').replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
  return `In the log: request <strong>${requestId}</strong>, fault <strong>${id}</strong>`
}
