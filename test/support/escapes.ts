import type { TestContext } from 'node:test'
import { type Child, type LogLine, startFixture } from './child.ts'
import type { Answer } from './client.ts'
import { until } from './until.ts'

/** Starts one case of the fixture `escapes-edges`. */
export function startCase(t: TestContext, name: string, env: Record<string, string> = {}): Promise<Child> {
  return startFixture(t, 'escapes-edges', { env: { CASE: name, ...env } })
}

/** The lines of faults so far. */
export function faults(child: Child): LogLine[] {
  return child.log().filter((line) => line.fault !== undefined)
}

/** The lines of faults, once there are at least `count` of them. */
export function awaitFaults(child: Child, count: number): Promise<LogLine[]> {
  return child.lines(count, (line) => line.fault !== undefined)
}

/** Twenty requests that wait until the fixture lets them go. */
export async function crowd(child: Child): Promise<{ answered: Promise<Answer[]> }> {
  const others = Array.from({ length: 20 }, () => child.ask('/slow'))
  await until(async () => JSON.parse((await child.ask('/waiting')).body).waiting === 20)
  return { answered: Promise.all(others) }
}
