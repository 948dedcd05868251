import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RUNNER, suiteFiles } from '../suite-files.ts'
import { CACHE } from './cache.ts'
import type { NodeBinary } from './node-binary.ts'
import type { Tree } from './tree.ts'

/** The result of one run of the suite. */
export interface SuiteResult {
  readonly ok: boolean
  readonly passed: number
  readonly failed: number
  readonly skippedTests: number
  readonly seconds: number
  /** The failed tests as the reporter prints them, the exit code and stderr. */
  readonly failures: string
}

/** Runs the suite of a tree once. */
export function runSuite(node: NodeBinary, tree: Tree): SuiteResult {
  const logs = join(CACHE, 'logs')
  mkdirSync(logs, { recursive: true })
  const name = join(logs, `node-${node.version}-fastify-${tree.fastify}`)
  // The docs and the workflows are the same on each Node.
  const tests = suiteFiles(tree.folder).filter((file) => !/\/test\/(?:docs|ci)\//.test(file))
  const startedAt = Date.now()
  const { status, signal, stderr } = spawnSync(
    node.path,
    [
      ...RUNNER,
      '--test-reporter=tap',
      `--test-reporter-destination=${name}.tap`,
      '--test-reporter=spec',
      `--test-reporter-destination=${name}.log`,
      ...tests,
    ],
    { cwd: tree.folder, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'], env: environment(node) },
  )
  const tap = readFileSync(`${name}.tap`, 'utf8')
  const count = (what: string): number => Number(tap.match(new RegExp(`^# ${what} (\\d+)$`, 'm'))?.[1] ?? 0)
  const ok = status === 0 && count('pass') > 0
  return {
    ok,
    passed: count('pass'),
    failed: count('fail') + count('cancelled'),
    skippedTests: count('skipped') + count('todo'),
    seconds: Math.round((Date.now() - startedAt) / 1000),
    failures: ok ? '' : `${failuresIn(`${name}.log`)}\nexit: ${status ?? signal}\n${stderr}`,
  }
}

/** Puts this Node first in `PATH`, for tests that start `node` by its name. */
function environment(node: NodeBinary): NodeJS.ProcessEnv {
  const path = `${join(node.path, '..')}:${process.env.PATH ?? ''}`
  const { NODE_TEST_CONTEXT: _outer, NODE_V8_COVERAGE: _coverage, ...env } = process.env
  return { ...env, PATH: path }
}

function failuresIn(log: string): string {
  const text = readFileSync(log, 'utf8')
  const start = text.indexOf('failing tests:')
  return start === -1 ? text.slice(-4000) : text.slice(start)
}
