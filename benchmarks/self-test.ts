import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { markdownTable } from 'markdown-table'
import { measure, type Setting } from './measure.ts'
import { type Estimate, isDifferent } from './statistics.ts'
import { comparison } from './tables.ts'
import { BARE, type Variants } from './variants.ts'

const RUNS = 5
/** How far apart two servers may come out that are the same. */
const SAME = 1.01
/** What the other does more. */
const EXTRA = 0.02
const CASE = 'success'

const TWIN = 'the same'
const COSTLY = `with ${EXTRA * 100} % more requests than are counted`

const VARIANTS: Variants = {
  [BARE]: { title: 'bare Fastify', server: 'fastify' },
  [TWIN]: { title: TWIN, server: 'fastify' },
  [COSTLY]: { title: COSTLY, server: 'fastify', extra: EXTRA },
}

/** What was found in one run, compared with bare Fastify. */
interface Run {
  readonly twin: Estimate
  readonly costly: Estimate
}

/** Whether the method works on a machine. */
export interface SelfTest {
  readonly node: string
  readonly date: string
  readonly runs: readonly Run[]
}

function isSame({ value }: Estimate): boolean {
  return value <= SAME && value >= 1 / SAME
}

function isSeen(found: Estimate): boolean {
  return isDifferent(found, 1) && found.value > 1
}

/**
 * Measures bare Fastify, the same once more, and the same with 2 % more work, five times in a row.
 *
 * @param version - That of the Node in the setting.
 * @param print - Is given a line for each run.
 */
export async function selfTest(
  version: string,
  setting: Setting,
  print: (line: string) => void,
): Promise<SelfTest> {
  const runs: Run[] = []
  while (runs.length < RUNS) {
    const { [CASE]: figures } = await measure([CASE], VARIANTS, setting)
    const [twin, costly] = [figures?.[TWIN]?.cpu?.toBare, figures?.[COSTLY]?.cpu?.toBare]
    if (twin === undefined || costly === undefined) throw new Error('nothing was measured')
    runs.push({ twin, costly })
    print(`run ${runs.length}: ${TWIN}: ${twinText(twin)}; ${COSTLY}: ${costlyText(costly)}`)
  }
  return { node: version, date: new Date().toISOString(), runs }
}

/** Whether the two that are the same came out so each time, and the one with more work never did. */
export function isPassed({ runs }: SelfTest): boolean {
  return runs.every(({ twin, costly }) => isSame(twin) && isSeen(costly))
}

function twinText(found: Estimate): string {
  return `${comparison('cpu', found)}, ${isSame(found) ? 'within' : 'NOT within'} ${SAME}`
}

function costlyText(found: Estimate): string {
  return `${comparison('cpu', found)}, ${isSeen(found) ? 'told apart' : 'NOT told apart'}`
}

export function selfTestTable({ runs }: SelfTest): string {
  const rows = runs.map(({ twin, costly }, i) => [`${i + 1}`, twinText(twin), costlyText(costly)])
  return markdownTable([['run', TWIN, COSTLY], ...rows], { align: ['l', 'r', 'r'] })
}

function fileIn(folder: URL): URL {
  return new URL('self-test.json', folder)
}

export function writeSelfTest(result: SelfTest, folder: URL): void {
  writeFileSync(fileIn(folder), `${JSON.stringify(result, undefined, 2)}\n`)
}

/** The last one that was recorded. */
export function readSelfTest(folder: URL): SelfTest | undefined {
  const file = fileIn(folder)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}
