import type { Outcome, Scenario } from './probe.ts'

/** How the page names a scenario: what goes wrong, from the caller's side. */
const TITLES: Readonly<Record<Scenario, string>> = {
  throw: 'a handler throws an Error',
  text: 'a handler throws a string',
  upstream: "a handler throws an upstream's error (own `statusCode` 404)",
  stream: 'a body stream fails after its first bytes',
  timer: 'a throw in a timer, and the handler waits for ever',
  floating: 'a floating promise rejects, and the handler goes on',
  background: 'an error of no request (a job in the background)',
  SIGTERM: 'SIGTERM',
}

function cell(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '–'
  const parts: string[] = []
  if (outcome.client !== undefined) {
    parts.push(outcome.leaks ? `**${outcome.client}, shows the error**` : outcome.client)
  }
  parts.push(outcome.others === 20 ? '20/20' : `**${outcome.others}/20**`)
  parts.push(outcome.process)
  if (outcome.client !== undefined) parts.push(outcome.logNamesRequest ? 'log: yes' : 'log: no')
  return parts.join('; ')
}

/** The measured outcomes as a Markdown table: a row a scenario, a column a server. */
export function table(
  results: Readonly<Record<string, Partial<Record<Scenario, Outcome>>>>,
  scenarios: readonly Scenario[],
): string {
  const names = Object.keys(results)
  const rows = scenarios.map((scenario) => {
    const cells = names.map((name) => cell(results[name]?.[scenario]))
    return `| ${TITLES[scenario]} | ${cells.join(' | ')} |`
  })
  return [
    `| What goes wrong | ${names.join(' | ')} |`,
    `|---|${'---|'.repeat(names.length)}`,
    ...rows,
    '',
  ].join('\n')
}
