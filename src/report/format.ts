import { traceStart } from '../fault/stack.ts'
import type { CrashReport } from './crash-report.ts'
import { describeSickness } from './describe-sickness.ts'

/** Cuts a part of a summary to at most so many bytes, or leaves it whole. */
export type Shorten = (text: string, bytes: number) => string

/** The most bytes of a headline, and of what an error says before its trace. */
const TEXT_BYTES = 512
/** The most bytes of a URL, a request's id and a job's name. */
const NAME_BYTES = 256

const WHOLE: Shorten = (text) => text

/** Returns the reason in a few lines: the head of a printed report. */
export function summarize(report: CrashReport): string {
  return `${[summaryHead(report), ...describeErrors(report)].join('\n\n')}\n`
}

/**
 * Returns what a summary says before its errors: what happened, when, the exit code, the request and the fingerprint.
 *
 * @param shorten Cuts what the app or a client can make long. Default: nothing is cut.
 */
export function summaryHead(report: CrashReport, shorten: Shorten = WHOLE): string {
  const { at, exitCode, fault } = report
  const lines = [shorten(headline(report), TEXT_BYTES), `at ${at}, exit code ${exitCode ?? 'unknown'}`]
  if (fault?.request?.method) {
    const { method, url, id } = fault.request
    lines.push(`request: ${method} ${shorten(url, NAME_BYTES)} (${shorten(id, NAME_BYTES)})`)
  }
  if (fault?.job) lines.push(`job: ${shorten(fault.job, NAME_BYTES)}`)
  if (fault) lines.push(`fault ${fault.id}, fingerprint ${fault.fingerprint}, from ${fault.origin}`)
  return lines.join('\n')
}

/** Returns the fault's error and its causes, each with its trace. `shorten` cuts what stands before the traces. */
export function describeErrors({ fault }: CrashReport, shorten: Shorten = WHOLE): string[] {
  const texts: string[] = []
  for (let error = fault?.error; error !== undefined; error = error.cause) {
    const { type, message, stack } = error
    const start = traceStart(stack, message)
    const trace = start === -1 ? '' : stack.slice(start)
    const header = stack.slice(0, stack.length - trace.length) || `${type}: ${message}`
    texts.push(`${texts.length === 0 ? '' : 'caused by '}${shorten(header, TEXT_BYTES)}${trace}`)
  }
  return texts
}

/** Returns a report as text for a person to read. */
export function formatReport(report: CrashReport): string {
  const { memory, eventLoopDelay, versions } = report
  const rows: [string, string][] = [
    ['host', `${report.host}, pid ${report.pid}${report.threadId ? `, thread ${report.threadId}` : ''}`],
    ['uptime', duration(report.uptime * 1_000)],
    [
      'memory',
      `${megabytes(memory.rss)} resident, ${megabytes(memory.heapUsed)} of ${megabytes(memory.heapTotal ?? memory.heapLimit)} heap`,
    ],
    [
      'event loop',
      eventLoopDelay
        ? `late by ${duration(eventLoopDelay.p99)} (99 %), ${duration(eventLoopDelay.max)} (most)`
        : 'not measured',
    ],
    [
      'versions',
      `Node ${versions.node}, Fastify ${versions.fastify ?? 'unknown'}, fastify-isolate ${versions['fastify-isolate']}, ${report.platform}`,
    ],
  ]
  const sections = [
    summarize(report).trimEnd(),
    rows.map(([name, text]) => `${name.padEnd(11)} ${text}`).join('\n'),
  ]
  const faults = Object.entries(report.fingerprints)
  if (faults.length > 0) {
    sections.push(
      ['faults by fingerprint:', ...faults.map(([name, count]) => `  ${name}  ${count}`)].join('\n'),
    )
  }
  const lastFaults = report.lastFaults ?? []
  if (lastFaults.length > 0) {
    const lines = lastFaults.map(
      ({ at, type, route, id }) => `  ${at}  ${type} in ${route ?? 'no request'}  ${id}`,
    )
    sections.push(['last faults:', ...lines].join('\n'))
  }
  sections.push(
    report.inFlightTotal === 0
      ? 'no request was in flight'
      : [
          `requests in flight: ${report.inFlightTotal}`,
          ...report.inFlight.map(
            ({ method, route, age, id }) =>
              `  ${duration(age).padStart(8)}  ${method} ${route ?? '(no route)'}  ${id}`,
          ),
        ].join('\n'),
  )
  return printable(`${sections.join('\n\n')}\n`)
}

function headline({ reason, phase, fault, note, sick }: CrashReport): string {
  const during = phase === 'boot' ? ' while booting' : ''
  const error = fault && `${fault.error.type}: ${fault.error.message.split('\n', 1)[0]}`
  if (reason === 'fatal') return `fatal fault${during}: ${error ?? 'unknown'}`
  const because = note ? `: ${note}` : ''
  if (sick) return `recycled as sick: ${describeSickness(sick)}`
  if (reason === 'sudden') return `died${during}${because}`
  if (reason === 'recycle') return `recycled${error ? ` after ${error}` : because}`
  if (reason === 'crash-loop') return `gave up${because}`
  if (reason === 'signal') return `left on a signal${because}`
  return `asked to leave${because}`
}

function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 120_000) return `${(milliseconds / 1_000).toFixed(1)} s`
  const minutes = Math.floor(milliseconds / 60_000)
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '? MB' : `${Math.round(bytes / 1e6)} MB`
}

/** Shows control characters as text: an error's message may hold some that a terminal would obey. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go.
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (character) =>
    character === '\t' ? '  ' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}
