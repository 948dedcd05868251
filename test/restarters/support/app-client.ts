import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './eventually.ts'
import type { StagedApp } from './staged-app.ts'

/** A process of the app, as it tells of itself. */
export interface AppProcess {
  readonly pid: number
  /** Milliseconds of the epoch. */
  readonly startedAt: number
}

/** The process that answers now; undefined when none does. */
export async function answering(app: StagedApp): Promise<AppProcess | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${app.port}/ok`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(5_000),
    })
    return response.ok ? ((await response.json()) as AppProcess) : undefined
  } catch {
    return undefined
  }
}

/** Resolves with the app's process once it answers. */
export function awaitApp(app: StagedApp): Promise<AppProcess> {
  return eventually('the app to answer', 60_000, () => answering(app))
}

/** Watches for so many milliseconds that nobody answers. */
export async function assertStaysAway(app: StagedApp, milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds
  while (performance.now() < until) {
    assert.equal(await answering(app), undefined, 'the app was started again')
    await sleep(100)
  }
}
