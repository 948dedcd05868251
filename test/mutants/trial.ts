import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { TYPESCRIPT } from '../support/typescript-flags.ts'

const REPORTER = fileURLToPath(new URL('outcomes.js', import.meta.url))

/** How one test ended: a line of the reporter. */
interface Outcome {
  /** The names of the suites that it is in, and its own. */
  readonly path: string
  readonly result: 'passed' | 'failed' | 'skipped'
}

/** What to run. */
export interface Selection {
  /** Test files without `.test.ts`. */
  readonly tests: readonly string[]
  /** The one test of them to run. */
  readonly only?: string
}

/** Milliseconds after which tests count as hanging: three times what the longest file takes on a busy machine. */
const TIMEOUT = 90_000

/** How a run of some test files ended. */
export interface Trial {
  /** The first test that failed, or `timeout`; undefined where all passed. */
  readonly failure: string | undefined
  readonly seconds: number
}

const running = new Set<number>()

/** Tests start processes of their own: the whole group goes. */
function kill(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch {
    // it has ended
  }
}

process.once('exit', () => {
  for (const group of running) kill(group)
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

/**
 * Runs test files one after the other, until the first test fails.
 *
 * @param folder A copy of the project.
 * @throws Error where the runner fails and no test did, or no test ran.
 */
export async function runTests(folder: string, { tests, only }: Selection): Promise<Trial> {
  const startedAt = performance.now()
  const files = tests.map((name) => join('test', `${name}.test.ts`))
  const { NODE_V8_COVERAGE: _coverage, NODE_TEST_CONTEXT: _outer, ...env } = process.env
  const filter = only === undefined ? [] : [`--test-name-pattern=^${escaped(only)}$`]
  const args = [
    ...TYPESCRIPT,
    '--test',
    '--test-concurrency=1',
    `--test-reporter=${REPORTER}`,
    ...filter,
    ...files,
  ]
  const child = spawn(process.execPath, args, {
    cwd: folder,
    detached: true,
    // what killed tests leave behind goes with the copy
    env: { ...env, TMPDIR: join(folder, 'tmp'), WAIT_TIMEOUT: '10000' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const group = child.pid
  if (group === undefined) throw new Error('node --test could not be started')
  running.add(group)
  let failure: string | undefined
  let passed = 0
  const stop = (what: string): void => {
    failure ??= what
    kill(group)
  }
  const timer = setTimeout(stop, TIMEOUT, 'timeout')
  createInterface(child.stdout).on('line', (line) => {
    const { path, result } = JSON.parse(line) as Outcome
    if (result === 'failed') stop(path)
    else if (result === 'passed') passed += 1
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  clearTimeout(timer)
  running.delete(group)
  if (failure === undefined && (code !== 0 || passed === 0)) {
    throw new Error(
      `${files.join(' ')}: ${passed} tests passed and none failed, but node --test ended with ${code}`,
    )
  }
  return { failure, seconds: Math.round((performance.now() - startedAt) / 100) / 10 }
}
