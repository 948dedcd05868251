import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { before, describe, test } from 'node:test'
import { CASES } from '../../benchmarks/cases.ts'
import { table } from '../../benchmarks/comparison/table.ts'
import { readMemory } from '../../benchmarks/memory-results.ts'
import { measured } from '../../benchmarks/page.ts'
import { metricOf, nameOf, RESULTS, readAll } from '../../benchmarks/results.ts'
import { readSelfTest } from '../../benchmarks/self-test.ts'
import { optionsDoc, PAGE } from '../../scripts/options-doc.ts'
import { startProgram } from '../support/child.ts'
import { fileOf, isCode, isProgram, isRecipe, needsRedis } from '../support/docs-code.ts'
import { madeFile, makeFiles } from '../support/made-files.ts'
import { anchorsOf, type Block, blocksOf, type Link, linksOf, pages, ROOT } from '../support/markdown.ts'
import { failsToListen, failsToRun } from '../support/program.ts'

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

test('every link inside of the repository leads somewhere', () => {
  const links = all.flatMap(linksOf)
  const broken = links.flatMap((link) => {
    const problem = problemWith(link)
    return problem === undefined ? [] : [`${where(link)}: ${link.target} ${problem}`]
  })
  assert.deepEqual(broken, [])
  assert.ok(links.length > 20, 'links are found at all')
})

test('docs/options.md is what the table of the options and their comments say', () => {
  assert.equal(readFileSync(PAGE, 'utf8'), optionsDoc(), 'run: npm run docs:options')
})

test('the tables of docs/comparison.md are those of the last run', () => {
  const run = JSON.parse(readFileSync(`${ROOT}benchmarks/comparison/results.json`, 'utf8'))
  assert.ok(readFileSync(`${ROOT}docs/comparison.md`, 'utf8').includes(table(run)))
})

test('the tables and charts of docs/performance.md are those of the last runs', () => {
  const all = readAll(RESULTS)
  assert.ok(all.length > 0)
  const isShown = readFileSync(`${ROOT}docs/performance.md`, 'utf8').includes(
    measured(all, readMemory(RESULTS), readSelfTest(RESULTS)),
  )
  assert.ok(isShown, 'run: npm run bench -- --page')
  for (const results of all) {
    const chart = readFileSync(new URL(`${nameOf(results)}.svg`, RESULTS), 'utf8')
    assert.ok(chart.includes(`on Node ${results.node},`), 'run: npm run bench -- --page')
    const labels = Object.keys(CASES).flatMap(
      (name) => results.cases[name]?.isolate?.[metricOf(name)]?.toBare?.value.toFixed(3) ?? [],
    )
    assert.deepEqual(
      labels.filter((label) => !chart.includes(`>${label}<`)),
      [],
    )
  }
})

/** Recipes are run by the tests in `test/recipes`, and code for Redis in `test/databases`, with what they import. */
describe('code in the docs', () => {
  const folder = 'docs-code'
  const code = blocks.filter((block) => isCode(block) && !isRecipe(block) && !needsRedis(block))
  const made = (block: Block): string => madeFile(folder, fileOf(block).name)
  let complaints = ''
  before(() => {
    complaints = makeFiles({ folder, files: code.map(fileOf) })
  })

  test('compiles', () => {
    assert.ok(code.length > 5, 'code is found at all')
    assert.equal(complaints, '')
  })

  test('parts of programs boot', async () => {
    const parts = code.filter((block) => !isProgram(block) && block.notRun === undefined)
    assert.ok(parts.length > 5, 'parts are found at all')
    assert.equal(await failsToRun(parts.map(made)), undefined)
  })

  for (const block of code.filter(isProgram)) {
    test(`${where(block)} listens`, { skip: block.notRun ?? false, concurrency: true }, async () => {
      assert.equal(await failsToListen(made(block)), undefined)
    })
  }

  test('the program of the README answers and logs as the README says', async (t) => {
    const block = code.find(({ page, code }) => page === 'README.md' && code.includes(".get('/report'"))
    assert.ok(block)
    const preloaded = new URL('../recipes/support/faulty-app.ts', import.meta.url).href
    const child = await startProgram(t, made(block), { nodeArgs: ['--import', preloaded] })
    const { status, body } = await child.ask('/report')
    assert.equal(status, 500)
    assert.ok(readFileSync(`${ROOT}README.md`, 'utf8').includes(`\`${body}\``), body)
    const { err, req, fault } = await child.line((line) => line.fault !== undefined)
    assert.equal(err.message, 'db password is hunter2')
    assert.equal(req.route, '/report')
    assert.match(fault.fingerprint, /^[0-9a-f]{16}$/)
  })
})
