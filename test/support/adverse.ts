import assert from 'node:assert/strict'
import http from 'node:http'
import type { TestContext } from 'node:test'
import type { LeaveOptions } from '../../src/index.ts'
import { type Child, type FixtureOptions, type LogLine, startFixture } from './child.ts'
import { type Answer, ask } from './client.ts'
import { until } from './until.ts'

/** The settings of the fixture `adverse`. */
export interface AdverseSetup {
  /** How it logs. Default: `sync`. */
  readonly log?: 'sync' | 'async' | 'transport'
  /** Default: stdout. */
  readonly logFile?: string
  readonly level?: string
  readonly leave?: LeaveOptions
  /** Megabytes that it fills its heap with. */
  readonly fill?: number
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

/**
 * Causes a fatal fault amid two other requests, which fails unless the others get their answers.
 *
 * @param before Called when the others are in flight.
 * @returns The answer to the request that caused it.
 */
export async function fatalAmidOthers(port: number, before: () => unknown = () => {}): Promise<Answer> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const others = [ask(port, '/slow'), ask(port, '/slow')]
  await until(async () => (await ask(port, '/count', { agent })).body === '2')
  await before()
  const causer = await ask(port, '/fatal', { agent })
  for (const { status, body, error } of await Promise.all(others))
    assert.deepEqual([status, body, error], [200, 'slow but whole', undefined])
  agent.destroy()
  return causer
}

/** As {@link fatalAmidOthers}: the client that caused it gets a 500, and the process exits with 70. */
export async function leavesAmidOthers(
  child: Child,
  { port = child.port, before }: { port?: number; before?: () => unknown } = {},
): Promise<void> {
  assert.equal((await fatalAmidOthers(port, before)).status, 500)
  assert.deepEqual(await child.exited, [70, null], child.stderr())
}

/** The messages of fatal lines. */
export function fatalMessages(lines: readonly LogLine[]): string[] {
  return lines.flatMap(({ level, err }) => (level === 60 ? [err?.message as string] : []))
}
