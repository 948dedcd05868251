/**
 * Puts one deliberate fault after the other into a copy of `src`, and runs the tests that ought to notice.
 *
 *     npm run test:mutants
 *     npm run test:mutants -- --only grace-ignored --only deadline-ignored
 *
 * The same tests have to pass without any fault first. The exit code is 1 if a fault goes unnoticed.
 */
import { parseArgs } from 'node:util'
import type { Mutant } from './mutant.ts'
import { mutants, mutate } from './mutants.ts'
import { Scratch } from './scratch.ts'
import { runTests, type Selection } from './trial.ts'

interface Row {
  readonly mutant: string
  readonly file: string
  readonly 'killed by': string
  readonly seconds: number
}

const SURVIVED = 'SURVIVED'

const { values: given } = parseArgs({ options: { only: { type: 'string', multiple: true } } })
const unknown = given.only?.filter((name) => !mutants.some((mutant) => mutant.name === name)) ?? []
if (unknown.length > 0) {
  console.error(
    `No such mutant: ${unknown.join(', ')}. There are: ${mutants.map(({ name }) => name).join(', ')}.`,
  )
  process.exit(2)
}
const wanted = mutants.filter(({ name }) => given.only?.includes(name) ?? true)

/** Each copy takes the next item as soon as it is free. The results are in the order of the items. */
async function inCopies<T, R>(
  copies: readonly Scratch[],
  items: readonly T[],
  work: (copy: Scratch, item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const queue = items.entries()
  await Promise.all(
    copies.map(async (copy) => {
      for (const [index, item] of queue) results[index] = await work(copy, item)
    }),
  )
  return results
}

/** What these mutants need of the tests, each selection once. */
function selectionsFor(mutants: readonly Mutant[]): Selection[] {
  const selections = mutants.flatMap(({ tests, only }) =>
    tests.map((test): Selection => ({ tests: [test], ...(only !== undefined && { only }) })),
  )
  return [...new Map(selections.map((selection) => [JSON.stringify(selection), selection])).values()]
}

async function passUnbroken(copy: Scratch, selection: Selection): Promise<void> {
  const { failure } = await runTests(copy.folder, selection)
  if (failure !== undefined) throw new Error(`${selection.tests} fails without any fault in src: ${failure}`)
}

async function tryMutant(copy: Scratch, mutant: Mutant): Promise<Row> {
  await copy.breakWith(mutant)
  const { failure, seconds } = await runTests(copy.folder, mutant)
  const row = { mutant: mutant.name, file: mutant.file, 'killed by': failure ?? SURVIVED, seconds }
  console.log(`${row.mutant}: ${row['killed by']} (${seconds} s)`)
  return row
}

// a list that is out of date says so at once
for (const mutant of wanted) mutate(mutant)
const copies = [new Scratch('one'), new Scratch('two')]
await inCopies(copies, selectionsFor(wanted), passUnbroken)
console.log('without any fault the tests pass')
const rows = await inCopies(copies, wanted, tryMutant)
console.table(rows)
const survived = rows.filter((row) => row['killed by'] === SURVIVED).length
console.log(`${rows.length} mutants: ${rows.length - survived} killed, ${survived} survived`)
process.exitCode = survived > 0 ? 1 : 0
