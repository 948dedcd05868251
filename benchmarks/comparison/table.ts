import type { Outcome, Scenario } from './probe.ts'

/** What a run of the comparison has found: what `results.json` holds. */
export interface Run {
  /** The version of each server, and of Node and Python themselves. */
  readonly versions: Readonly<Record<string, string>>
  readonly results: Readonly<Record<string, Partial<Record<Scenario, Outcome>>>>
}

/** The scenarios in the order of the page, and how it names them. */
export const CAUGHT: ReadonlyMap<Scenario, string> = new Map([
  ['throw', 'an Error'],
  ['text', 'a string'],
  ['upstream', "an upstream's error, with an own `statusCode` of 404"],
  ['stream', 'a body stream that fails after its first bytes'],
])
export const ESCAPED: ReadonlyMap<Scenario, string> = new Map([
  ['timer', 'a throw in a timer, while the handler waits for it'],
  ['floating', 'a floating rejection, while the handler goes on to answer'],
  ['background', 'an error of no request, from a background job'],
  ['SIGTERM', 'SIGTERM'],
])

const OTHERS = 20

function clientCell({ client, leaks }: Outcome): string {
  return leaks ? `**${client}, shows the error**` : String(client)
}

function fateCell(outcome: Outcome): string {
  const others =
    outcome.others === OTHERS ? 'all others answered' : `**${outcome.others} of ${OTHERS} others**`
  return `${others}; ${outcome.process}`
}

function caughtCell(outcome: Outcome): string {
  const isHarmless = outcome.others === OTHERS && outcome.process === 'serves on'
  return isHarmless ? clientCell(outcome) : `${clientCell(outcome)}; ${fateCell(outcome)}`
}

function escapedCell(outcome: Outcome): string {
  return outcome.client === undefined ? fateCell(outcome) : `${clientCell(outcome)}; ${fateCell(outcome)}`
}

function makeTable(
  { results, versions }: Run,
  titles: ReadonlyMap<Scenario, string>,
  cellOf: (outcome: Outcome) => string,
  logged: Scenario,
): string[] {
  const heads = ['', ...titles.values(), 'the log line of the error names its request']
  const rows = Object.entries(results).map(([name, outcomes]) => {
    const cells = [...titles.keys()].map((scenario) => {
      const outcome = outcomes[scenario]
      return outcome === undefined ? 'cannot happen' : cellOf(outcome)
    })
    return [
      `${name} ${versions[name] ?? ''}`.trim(),
      ...cells,
      outcomes[logged]?.logNamesRequest ? 'yes' : 'no',
    ]
  })
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}

/** The two measured tables of `docs/comparison.md`. */
export function table(run: Run): string {
  return [
    '### What a handler throws',
    '',
    ...makeTable(run, CAUGHT, caughtCell, 'throw'),
    '',
    '### What escapes from a handler, and the way out',
    '',
    ...makeTable(run, ESCAPED, escapedCell, 'timer'),
    '',
    `Measured on Node ${run.versions.Node} and ${run.versions.Python}.`,
  ].join('\n')
}
