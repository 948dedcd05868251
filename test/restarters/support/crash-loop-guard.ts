import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './eventually.ts'
import type { Restarter, Scenario } from './restarter.ts'
import { type Trial, withApp } from './scenarios.ts'
import { countStarts, type Starts } from './starts.ts'

/** Lower than the limits of the restarters, which are to leave the decision to the guard. */
const LIMIT = 3

/** An app that dies at each start exits with 78, and the restarter leaves it down. */
export function exitsForGood(restarter: () => Restarter): Scenario {
  return scenario(restarter, 'crash loop, given up by the guard', 'exit', async ({ running }, starts) => {
    await eventually('it to give up', 30_000, async () => {
      return (await running.gaveUp()) || (await running.exitCode()) === 78
    })
    await sleep(2_000)
    assert.equal(starts.count, LIMIT - 1, 'boots of the app')
    return `given up after ${starts.count} boots of the app`
  })
}

/** An app that dies at each start is parked behind a 503, and tried again. */
export function parks(restarter: () => Restarter): Scenario {
  return scenario(restarter, 'crash loop, parked by the guard', 'park', async ({ app }, starts) => {
    const refusedFor = async (seconds: number): Promise<boolean> => {
      const answer = await fetch(`http://127.0.0.1:${app.port}/ok`).catch(() => undefined)
      const retryAfter = Number(answer?.headers.get('retry-after'))
      return answer?.status === 503 && retryAfter > seconds
    }
    await eventually('a 503', 30_000, () => refusedFor(0))
    assert.equal(starts.count, LIMIT - 1, 'boots of the app')
    await eventually('a longer 503', 60_000, () => refusedFor(10))
    assert.equal(starts.count, LIMIT, 'boots of the app')
    return 'parked after 2 boots of the app, tried again once, and parked for longer'
  })
}

function scenario(
  restarter: () => Restarter,
  name: string,
  action: string,
  run: (trial: Trial, starts: Starts) => Promise<string>,
): Scenario {
  const options = `recorder: { dir: REPORT_DIR }, loop: { action: '${action}', limit: ${LIMIT} }`
  return {
    name,
    run: async () => {
      const starts = await countStarts()
      try {
        return await withApp(restarter(), (trial) => run(trial, starts), { boot: starts.boot, options })
      } finally {
        await starts.close()
      }
    },
  }
}
