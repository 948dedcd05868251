import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { before, describe, test } from 'node:test'
import { measured } from '../benchmarks/page.ts'
import { nameOf, RESULTS, readAll } from '../benchmarks/results.ts'
import { isDifferent } from '../benchmarks/statistics.ts'
import { table } from '../scripts/comparison/table.ts'
import { optionsDoc, PAGE } from '../scripts/options-doc.ts'
import { compile, compiledFile, isCode, isProgram } from './support/docs-code.ts'
import { anchorsOf, type Block, blocksOf, type Link, linksOf, pages, ROOT } from './support/markdown.ts'
import { failsToListen, failsToRun } from './support/program.ts'

const all = pages()
const blocks = all.flatMap(blocksOf)

function where({ page, line }: Block | Link): string {
  return `${page}:${line}`
}

function problemWith(link: Link): string | undefined {
  if (/^(?:https?:|mailto:)/.test(link.target)) return undefined
  const [path = '', anchor] = decodeURI(link.target).split('#')
  const file = path === '' ? link.page : posix.normalize(posix.join(posix.dirname(link.page), path))
  if (file.startsWith('..')) return 'leads out of the repository'
  if (!existsSync(ROOT + file)) return 'leads nowhere'
  if (anchor === undefined || !file.endsWith('.md')) return undefined
  return anchorsOf(file).has(anchor) ? undefined : 'names an anchor that is not there'
}

/** `needs NAME`: the program is run where that package is installed. */
function hasWhatItNeeds(reason: string): boolean {
  const dependency = /^needs (@?[\w./-]+)$/.exec(reason)?.[1]
  return dependency !== undefined && existsSync(`${ROOT}node_modules/${dependency}`)
}

test('every link inside of the repository leads somewhere', () => {
  const links = all.flatMap(linksOf)
  const broken = links.flatMap((link) => {
    const problem = problemWith(link)
    return problem === undefined ? [] : [`${where(link)}: ${link.target} ${problem}`]
  })
  assert.deepEqual(broken, [])
  assert.ok(links.length > 20, 'links are found at all')
})

test('docs/options.md is what the comments in src/options.ts say', () => {
  assert.equal(readFileSync(PAGE, 'utf8'), optionsDoc(), 'run: npm run docs:options')
})

test('the tables of docs/comparison.md are those of the last run', () => {
  const run = JSON.parse(readFileSync(`${ROOT}scripts/comparison/results.json`, 'utf8'))
  assert.ok(readFileSync(`${ROOT}docs/comparison.md`, 'utf8').includes(table(run)))
})

test('the tables and charts of docs/performance.md are those of the last runs', () => {
  const all = readAll(RESULTS)
  assert.ok(all.length > 0)
  const isShown = readFileSync(`${ROOT}docs/performance.md`, 'utf8').includes(measured(all))
  assert.ok(isShown, 'run: npm run bench -- --page')
  for (const results of all) {
    const chart = readFileSync(new URL(`${nameOf(results)}.svg`, RESULTS), 'utf8')
    assert.ok(chart.includes(`on Node ${results.node},`), 'run: npm run bench -- --page')
    const labels = Object.entries(results.cases).flatMap(([name, { isolate = {} }]) => {
      const to = isolate[name === 'mixed' ? 'p99' : 'cpu']?.toBare
      return to !== undefined && isDifferent(to, 1) ? [to.median.toFixed(3)] : []
    })
    assert.deepEqual(
      labels.filter((label) => !chart.includes(`>${label}<`)),
      [],
    )
  }
})

test('the commands that pages name exist', () => {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
  const unknown = blocks.flatMap((block) =>
    [...block.code.matchAll(/\bnpm run (?:--\S+ )*([\w:-]+)/g)]
      .filter(([, name]) => block.notRun === undefined && !((name as string) in scripts))
      .map(([command]) => `${where(block)}: ${command}`),
  )
  assert.deepEqual(unknown, [])
})

test('every block of JSON can be parsed', () => {
  for (const block of blocks) {
    if (block.language !== 'json' || block.notRun !== undefined) continue
    assert.doesNotThrow(() => JSON.parse(block.code), `${where(block)} is no JSON`)
  }
})

describe('code in the docs', () => {
  const code = blocks.filter(isCode)
  let complaints = ''
  before(() => {
    complaints = compile(code)
  })

  test('compiles', () => {
    assert.ok(code.length > 5, 'code is found at all')
    assert.equal(complaints, '')
  })

  test('parts of programs boot', async () => {
    const parts = code.filter((block) => !isProgram(block) && block.notRun === undefined)
    assert.ok(parts.length > 5, 'parts are found at all')
    assert.equal(await failsToRun(parts.map(compiledFile), 30_000), undefined)
  })

  for (const block of code.filter(isProgram)) {
    const skip = block.notRun !== undefined && !hasWhatItNeeds(block.notRun) ? block.notRun : false
    test(`${where(block)} listens`, { skip, concurrency: true }, async () => {
      const failure = await failsToListen(compiledFile(block), 20_000)
      assert.equal(failure, undefined)
    })
  }
})
