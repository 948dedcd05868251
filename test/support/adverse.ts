import assert from 'node:assert/strict'
import http from 'node:http'
import type { TestContext } from 'node:test'
import type { LeaveOptions } from '../../src/index.ts'
import { type Child, type FixtureOptions, type LogLine, startFixture } from './child.ts'
import { ask } from './client.ts'
import { until } from './until.ts'

/** The settings of the fixture `adverse`. */
export interface AdverseSetup {
  /** How it logs. Default: `sync`. */
  readonly log?: 'sync' | 'async' | 'transport'
  /** Default: stdout. */
  readonly logFile?: string
  readonly level?: string
  readonly leave?: LeaveOptions
  /** A copy of the package, which a second app has. Its port is `otherPort` in the ready line. */
  readonly copy?: string
  /** Megabytes that it fills its heap with. */
  readonly fill?: number
  /** Whether it goes on with files for as long as it lives, once it closes. */
  readonly isBusy?: boolean
  /** A file that gets its port, instead of stderr the ready line. */
  readonly readyFile?: string
}

/** Starts the fixture `adverse`, whose ready line is on stderr. */
export function startAdverse(
  t: TestContext,
  setup: AdverseSetup,
  options: FixtureOptions = {},
): Promise<Child> {
  return startFixture(t, 'adverse', { ...options, env: { ...options.env, SETUP: JSON.stringify(setup) } })
}

interface Course {
  /** That of the other requests. Default: the child's. */
  readonly port?: number
  /** That of the app whose request causes it. Default: `port`. */
  readonly fatalPort?: number
  /** Called when the others are in flight. */
  readonly before?: () => unknown
}

/**
 * Causes a fatal fault amid two other requests. Fails unless its client gets a 500, and the others their answers.
 *
 * @returns How the process exited.
 */
export async function fatalAmidOthers(child: Child, course: Course = {}): Promise<Awaited<Child['exited']>> {
  const { port = child.port, fatalPort = port, before = () => {} } = course
  const agent = new http.Agent({ keepAlive: true, maxTotalSockets: 2, maxSockets: 1 })
  const others = [ask(port, '/slow'), ask(port, '/slow')]
  await ask(fatalPort, '/count', { agent })
  await until(async () => (await ask(port, '/count', { agent })).body === '2')
  await before()
  const causer = await ask(fatalPort, '/fatal', { agent })
  assert.deepEqual([causer.status, causer.error], [500, undefined])
  for (const { status, body, error } of await Promise.all(others))
    assert.deepEqual([status, body, error], [200, 'slow but whole', undefined])
  agent.destroy()
  return child.exited
}

/** As {@link fatalAmidOthers}, and the process exits with 70. */
export async function leavesAmidOthers(child: Child, course?: Course): Promise<void> {
  assert.deepEqual(await fatalAmidOthers(child, course), [70, null], child.stderr())
}

/** The messages of fatal lines. */
export function fatalMessages(lines: readonly LogLine[]): string[] {
  return lines.flatMap(({ level, err }) => (level === 60 ? [err?.message as string] : []))
}
