import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Metric, Results } from '../../benchmarks/results.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'

const run = promisify(execFile)
const BENCH = fileURLToPath(new URL('../../benchmarks/bench.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const small = ['--rounds', '2', '--processes', '1', '--requests', '60', '--variant', 'isolate']

after(() => rmSync(folder, { recursive: true, force: true }))

describe('the bench', () => {
  test('measures, prints and records what it is told to', async () => {
    const cases = ['--case', 'fails', '--case', 'awaits', '--case', 'mixed']
    const { stdout } = await run(process.execPath, [
      ...TYPESCRIPT,
      BENCH,
      ...small,
      ...cases,
      '--out',
      folder,
    ])
    assert.match(stdout, /every request throws, logger on/)
    assert.match(stdout, /\| import \+ register +\| +not measured \|/)
    const name = join(folder, `node${process.versions.node.split('.')[0]}`)
    const results: Results = JSON.parse(readFileSync(`${name}.json`, 'utf8'))
    assert.equal(results.node, process.versions.node)
    assert.deepEqual(Object.keys(results.cases), ['fails', 'awaits', 'mixed'])
    for (const [what, { bare, isolate }] of Object.entries(results.cases)) {
      const metrics = what === 'mixed' ? ['p99'] : ['cpu', 'bytes']
      for (const metric of metrics as Metric[]) {
        const [of, to] = [isolate?.[metric], bare?.[metric]]
        assert.ok(of !== undefined && to !== undefined, `${what} ${metric}`)
        assert.ok(of.value > 0 && to.value > 0, `${what} ${metric} ${of.value} ${to.value}`)
        assert.deepEqual([of.rounds.length, of.rounds[0]?.length], [1, what === 'mixed' ? 1 : 2])
        const { value = 0, low = 0, high = 0 } = of.toBare ?? {}
        assert.ok(value > 0 && low <= value && value <= high, `${what} ${low} ${value} ${high}`)
      }
    }
    // The packages that draw are installed apart.
    assert.equal(existsSync(`${name}.svg`), !stdout.includes('npm ci --prefix benchmarks'))
  })

  test('says which cases there are', async () => {
    await assert.rejects(
      run(process.execPath, [...TYPESCRIPT, BENCH, ...small, '--case', 'succes']),
      /there are success, /,
    )
  })
})
