import assert from 'node:assert/strict'
import { answering } from './support/app-client.ts'
import { exitsForGood } from './support/crash-loop-guard.ts'
import { eventually } from './support/eventually.ts'
import type { Restarter, Scenario } from './support/restarter.ts'
import { closesRoute } from './support/route-that-kills.ts'
import { assertEndedForGood, untilStarted, withApp } from './support/scenarios.ts'
import { missingSystemd, startSystemd, staysConfined } from './support/systemd.ts'

/** More than `WatchdogSec=`, and the time of a slow start. */
const ENDED_WITHIN = 30_000

/** No JavaScript runs any more, so that the app cannot say that it lives. */
const blockedInNativeCode: Scenario = {
  name: 'native code that blocks',
  run: () =>
    withApp(
      restarter,
      async (trial) => {
        const { startedAt } = await untilStarted(trial)
        const blockedAt = performance.now()
        const answer = fetch(`http://127.0.0.1:${trial.app.port}/native`)
        await assert.rejects(answer)
        const away = Math.round(performance.now() - blockedAt)
        await eventually('a new process', ENDED_WITHIN, async () => {
          const process = await answering(trial.app)
          return process !== undefined && process.startedAt !== startedAt
        })
        await untilStarted(trial)
        assert.match(await trial.running.log(), /^NRestarts=1$/m)
        return `ended after ${away} ms, and started again`
      },
      {
        boot: `const { pbkdf2Sync } = await import('node:crypto')
app.get('/native', () => pbkdf2Sync('', '', 2 ** 31 - 1, 512, 'sha512'))`,
      },
    ),
}

/** Longer than `TimeoutStopSec=`, and shorter than `leave.deadline`. */
const DRAIN = 8_000

const drainsLonger: Scenario = {
  name: 'a drain longer than TimeoutStopSec',
  run: () =>
    withApp(
      restarter,
      async (trial) => {
        await untilStarted(trial)
        const answer = fetch(`http://127.0.0.1:${trial.app.port}/drain`)
        await eventually(
          'the request to be in flight',
          ENDED_WITHIN,
          async () => (await (await fetch(`http://127.0.0.1:${trial.app.port}/begun`)).text()) === 'true',
        )
        const stopped = trial.running.stop()
        assert.equal(await (await answer).text(), 'drained')
        await stopped
        await assertEndedForGood(trial)
        return `answered after ${DRAIN} ms, exit 0`
      },
      {
        boot: `let hasBegun = false
app.get('/begun', () => String(hasBegun))
app.get('/drain', async () => {
  hasBegun = true
  await sleep(${DRAIN})
  return 'drained'
})`,
      },
    ),
}

/** The page: docs/restarters/systemd.md. */
export const restarter: Restarter = {
  name: 'systemd',
  promises: { backWithin: 5_000, starts: 4 },
  missing: missingSystemd,
  start: (app) =>
    startSystemd(app, { files: ['systemd/app.service'], start: ['app.service'], service: 'app.service' }),
  more: [
    blockedInNativeCode,
    drainsLonger,
    staysConfined,
    exitsForGood(() => restarter),
    closesRoute(() => restarter, 'calls process.exit(1)'),
  ],
}
