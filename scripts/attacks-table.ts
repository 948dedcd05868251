/**
 * Attacks an app with each bug of the catalogue in `test/attacks`, and writes into docs/attacks.md which of them let a
 * client end the process, hang it, or have it replaced: with bare Fastify, with an earlier commit, and with this one.
 *
 *     npm run docs:attacks [-- --before COMMIT] [-- --only WORDS]
 *
 * Takes half an hour. With `--only` the ways are attacked again whose name has these words; what is known of the others
 * is in `build/attacks.json`.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { attack, attackAgain, type Damage, type Fate } from '../test/attacks/attack.ts'
import { catalogue, wayOf } from '../test/attacks/catalogue.ts'
import { writeBlock } from './page-block.ts'

const PAGE = 'docs/attacks.md'
const START = '<!-- table: npm run docs:attacks -->'
const END = '<!-- end of table -->'
const KNOWN = 'build/attacks.json'
/** The last commit before the attacks were mended. */
const BEFORE = '5ca66b0'
/** How often a restarter starts the app, with all guards on. */
const LIVES = 7
const ROOT = fileURLToPath(new URL('..', import.meta.url))

const { values: given } = parseArgs({
  options: { before: { type: 'string', default: BEFORE }, only: { type: 'string', default: '' } },
})

/** Takes the source of a commit out of git. */
function sourceOf(commit: string, into: string): string {
  const tar = execFileSync('git', ['archive', commit, 'src', 'package.json'], {
    cwd: ROOT,
    maxBuffer: 2 ** 28,
  })
  execFileSync('tar', ['-x', '-C', into], { input: tar })
  symlinkSync(join(ROOT, 'node_modules'), join(into, 'node_modules'))
  return pathToFileURL(join(into, 'src/index.ts')).href
}

const HARMS = {
  holds: 'holds',
  later: 'is replaced later',
  hangs: '**hangs**',
  spoils: '**fails for others**',
  ends: '**ends**',
} as const

function wordsFor({ left, isHung, isRecycled, spoilt }: Damage): string {
  if (isHung) return left === undefined ? HARMS.hangs : `${HARMS.hangs}, then ends (${left})`
  if (left !== undefined) return `${HARMS.ends} (${left})`
  if (spoilt > 0) return HARMS.spoils
  return isRecycled ? HARMS.later : HARMS.holds
}

function wordsForAll({ deaths, isGivenUp, last }: Fate): string {
  if (isGivenUp) return `**is given up** after ${deaths.length} ends`
  if (last === undefined) return `${HARMS.ends} each time (${deaths[0]})`
  if (deaths.length === 0) return wordsFor(last)
  return last.isHung ? HARMS.hangs : `its route is closed after ${deaths.length} ends`
}

const folder = mkdtempSync(join(tmpdir(), 'isolate-attacks-'))
const today = pathToFileURL(join(ROOT, 'src/index.ts')).href
const before = sourceOf(given.before, folder)

/** Attacks once more what ended or hung: the guards do nothing about the rest. */
async function guarded(bug: string): Promise<string> {
  if (!cell('Today', bug).includes('**')) return '–'
  const dir = mkdtempSync(join(folder, 'recorder-'))
  const options = { recorder: { dir }, runaway: { after: 1_000 }, quarantine: {}, loop: {} }
  return wordsForAll(await attackAgain(bug, { plugin: today, options }, LIVES))
}

const COLUMNS: Readonly<Record<string, (bug: string) => Promise<string>>> = {
  'Bare Fastify': async (bug) => (wayOf(bug).isOfPlugin ? '–' : wordsFor(await attack(bug, {}))),
  Before: async (bug) => wordsFor(await attack(bug, { plugin: before })),
  Today: async (bug) => wordsFor(await attack(bug, { plugin: today })),
  'Today, all guards on': guarded,
}

const known: Record<string, string> = existsSync(KNOWN) ? JSON.parse(readFileSync(KNOWN, 'utf8')) : {}
const cell = (column: string, bug: string): string => known[`${column} | ${bug}`] ?? ''
const bugs = Object.values(catalogue).flatMap((ways) => Object.keys(ways))

for (const [column, attacked] of Object.entries(COLUMNS)) {
  for (const bug of bugs) {
    const key = `${column} | ${bug}`
    if (known[key] !== undefined && !(given.only !== '' && bug.includes(given.only))) continue
    known[key] = await attacked(bug)
    console.log(key, '|', known[key])
    mkdirSync('build', { recursive: true })
    writeFileSync(KNOWN, JSON.stringify(known, undefined, 1))
  }
}
rmSync(folder, { recursive: true })

const columns = Object.keys(COLUMNS)

/** One row for all ways of a group with the same cells. */
function rowsOf(group: string, names: readonly string[]): string[] {
  const rows = new Map<string, string[]>()
  for (const bug of names) {
    const cells = columns.map((column) => cell(column, bug)).join(' | ')
    rows.set(cells, [...(rows.get(cells) ?? []), bug])
  }
  return Array.from(rows, ([cells, same]) => `| **${group}**: ${same.join('; ')} | ${cells} |`)
}

/** In how many ways the client gets what it wants, by what it wants. */
function counts(): string[] {
  const count = (column: string, harm: RegExp): number =>
    bugs.filter((bug) => harm.test(cell(column, bug))).length
  const row = (title: string, harm: RegExp): string =>
    `| ${title} | ${columns.map((column) => count(column, harm)).join(' | ')} |`
  return [
    `| Of ${bugs.length} ways | ${columns.join(' | ')} |`,
    `|---|${'---|'.repeat(columns.length)}`,
    row('the process ends, at once and each time', /ends\*\*|given up/),
    row('it hangs: others wait for more than 5 s, or get no answer', /hangs|fails/),
    row('it is replaced, ten minutes after its start or later', /later/),
    row('the route is closed, and the others serve', /closed/),
    row('nothing', /^holds/),
  ]
}

const table = [
  ...counts(),
  '',
  `By Node ${process.version}; before: ${given.before}.`,
  '',
  `| The bug | ${columns.join(' | ')} |`,
  `|---|${'---|'.repeat(columns.length)}`,
  ...Object.entries(catalogue).flatMap(([group, ways]) => rowsOf(group, Object.keys(ways))),
].join('\n')
writeBlock(PAGE, START, END, table)
console.log(`${PAGE}: ${bugs.length} ways`)
