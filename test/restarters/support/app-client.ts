import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './eventually.ts'
import type { StagedApp } from './staged-app.ts'

/** The process that answers now; undefined when none does. */
export async function answeringPid(app: StagedApp): Promise<number | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${app.port}/ok`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(5_000),
    })
    return response.ok ? ((await response.json()) as { pid: number }).pid : undefined
  } catch {
    return undefined
  }
}

/** Resolves with the app's process once it answers. */
export function awaitApp(app: StagedApp): Promise<number> {
  return eventually('the app to answer', 60_000, () => answeringPid(app))
}

/** Watches for so many milliseconds that nobody answers. */
export async function assertStaysAway(app: StagedApp, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds
  while (performance.now() < until) {
    assert.equal(await answeringPid(app), undefined, 'the app was started again')
    await sleep(100)
  }
}
