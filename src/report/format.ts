import type { CrashReport } from './crash-report.ts'
import { describeSickness } from './describe-sickness.ts'

/** Returns the reason in a few lines: the termination log, and the head of a printed report. */
export function summarize(report: CrashReport): string {
  const { exitCode } = report
  const lines = [headline(report), `at ${report.at}, exit code ${exitCode ?? 'unknown'}`]
  const { fault } = report
  if (fault) {
    if (fault.request?.method)
      lines.push(`request: ${fault.request.method} ${fault.request.url} (${fault.request.id})`)
    if (fault.job) lines.push(`job: ${fault.job}`)
    lines.push(`fault ${fault.id}, fingerprint ${fault.fingerprint}, from ${fault.origin}`)
    lines.push('', fault.error.stack || `${fault.error.type}: ${fault.error.message}`)
    let cause = fault.error.cause
    while (cause) {
      lines.push('', `caused by ${cause.stack || `${cause.type}: ${cause.message}`}`)
      cause = cause.cause
    }
  }
  return `${lines.join('\n')}\n`
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
  if (reason === 'fatal') {
    const what = fault ? `${fault.error.type}: ${fault.error.message.split('\n', 1)[0]}` : 'unknown'
    return `fatal fault${during}: ${what}`
  }
  const because = note ? `: ${note}` : ''
  if (sick) return `recycled as sick: ${describeSickness(sick)}`
  if (reason === 'sudden') return `died${during}${because}`
  if (reason === 'recycle') return `recycled${because}`
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
