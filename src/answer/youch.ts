import { createHash, randomBytes } from 'node:crypto'
import type { Fault } from '../fault/fault.ts'
import { serializeError } from '../fault/serialize.ts'
import type { SerializedError } from '../fault/serialized-error.ts'
import { withoutQuery } from '../without-query.ts'
import { mendFrame, pageSource, pageStack } from './page-stack.ts'

type YouchModule = typeof import('youch')

/**
 * A variable, because a bundler that sees the name in `import()` fails where youch is missing, or puts it into the
 * bundle.
 */
const PACKAGE_NAME: string = 'youch'

/** Loads youch, an optional peer dependency, when the first page is made. */
export const youch: { load(): Promise<YouchModule> } = { load: () => import(PACKAGE_NAME) }

/** A page and its Content-Security-Policy. */
export interface Page {
  readonly html: string
  /** The value of `Content-Security-Policy`. */
  readonly policy: string
}

/** The hash of the one event handler that youch writes into an attribute, where a nonce does not count. */
const COPY_BUTTON = createHash('sha256').update('copyErrorMessage(this)').digest('base64')

/**
 * Returns a policy under which nothing is fetched and only youch's own scripts run, even if an error injects markup
 * into the page.
 */
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

/** Styles for messages and stacks of several lines, and for tables without a heading. */
const STYLES = `
#error-message > span + span, .card-subtitle + span { white-space: pre-wrap }
#error-message > span + span, .card-subtitle + span, .table-value { overflow-wrap: anywhere }
.metadata-group .card-subtitle { text-transform: none }
.metadata-group .card-subtitle:empty { display: none }
`

/**
 * Makes the page of a fault. Passes only a few bounded strings to youch, which would print every property of the
 * error and every header of the request.
 *
 * @param fault The fault.
 * @param title The status code and its reason phrase.
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
  const path = request && withoutQuery(request.url)
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

/** Returns the causes and members of an error by their path, such as `cause.errors[0]`. */
function causesOf(error: SerializedError, path: string): [path: string, row: Row][] {
  const { cause, errors = [] } = error
  const inner = errors.map((one, i): [string, SerializedError] => [`${path}errors[${i}]`, one])
  if (cause !== undefined) inner.unshift([`${path}cause`, cause])
  return inner.flatMap(([key, one]) => [
    [key, { key, value: one.stack || `${one.type}: ${one.message}` }],
    ...causesOf(one, `${key}.`),
  ])
}

/** Returns the ids by which to find the line in the log. youch prints them below the message, as HTML. */
function hintOf({ id, request }: Fault): string {
  const requestId = (request?.id ?? '').replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
  return `In the log: request <strong>${requestId}</strong>, fault <strong>${id}</strong>`
}
