import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AppProcess, assertStaysAway, awaitApp } from './app-client.ts'
import { eventually } from './eventually.ts'
import { Load, type Sent } from './load.ts'
import type { Restarter, Running, Scenario } from './restarter.ts'
import { type StagedApp, stageApp } from './staged-app.ts'
import { countStarts } from './starts.ts'

/** What every restarter has to go through, and then its own. */
export function scenariosOf(restarter: Restarter): Scenario[] {
  const ofAll: Scenario[] = [
    { name: 'fatal fault under load', run: () => withApp(restarter, fatalFaultUnderLoad) },
    { name: 'crash loop', run: () => crashLoop(restarter) },
    { name: 'SIGTERM: exit 0 stays down', run: () => withApp(restarter, exitZero) },
    { name: 'clean stop', run: () => withApp(restarter, cleanStop) },
  ]
  return [...(restarter.scenarios ?? ofAll), ...(restarter.more ?? [])]
}

/** An app that runs under the restarter. */
export interface Trial {
  readonly restarter: Restarter
  readonly app: StagedApp
  readonly running: Running
}

/** Runs the app under the restarter and, whatever happens, ends both. */
export async function withApp(
  restarter: Restarter,
  scenario: (trial: Trial) => Promise<string>,
  boot = '',
): Promise<string> {
  const app = await stageApp(boot)
  try {
    const running = await restarter.start(app)
    try {
      return await scenario({ restarter, app, running })
    } catch (error) {
      throw new Error(`${error}\n--- the log\n${await running.log()}`, { cause: error })
    } finally {
      await running.end()
    }
  } finally {
    await app.remove()
  }
}

/** Resolves with the app's process once it answers and the restarter regards it as started. */
export async function untilStarted({ app, running }: Trial): Promise<AppProcess> {
  const process = await awaitApp(app)
  await eventually(
    'the restarter to call it started',
    30_000,
    async () => (await running.started?.()) ?? true,
  )
  return process
}

async function fatalFaultUnderLoad(trial: Trial): Promise<string> {
  const { restarter, app, running } = trial
  const { startedAt } = await untilStarted(trial)
  const load = new Load(app.port, { keepAlive: false })
  let crash: Sent
  try {
    await sleep(1_000)
    crash = await load.send('/crash')
    await eventually('a new process', restarter.promises.backWithin + 10_000, () =>
      load.sent.some((sent) => sent.startedAt !== undefined && sent.startedAt !== startedAt),
    )
    await sleep(500)
  } finally {
    await load.end()
  }

  assert.equal(crash.status, 500, `the client that caused it got ${crash.status ?? crash.error}`)
  const accepted = load.sent.filter((sent) => (sent.written ?? Infinity) < crash.written!)
  assert.ok(accepted.length > 100, `only ${accepted.length} requests were sent before the fault`)
  assert.deepEqual(
    accepted.filter((sent) => sent.status !== 200),
    [],
    'requests accepted before the fault were lost',
  )
  const back = load.sent.filter((sent) => sent.startedAt !== undefined && sent.startedAt !== startedAt)
  const away = Math.min(...back.map((sent) => sent.endedAt)) - crash.endedAt
  const { backWithin } = restarter.promises
  assert.ok(away <= backWithin, `back after ${away} ms, promised: ${backWithin} ms`)
  assert.equal((await running.reports()).length, 1, 'crash reports that survived the restart')
  const lost = load.sent.filter((sent) => sent !== crash && sent.status !== 200).length
  return `back after ${Math.round(away)} ms; ${accepted.length} accepted before it, all answered; ${lost} turned away while it was down`
}

async function crashLoop(restarter: Restarter): Promise<string> {
  const starts = await countStarts()
  try {
    return await withApp(
      restarter,
      async ({ running }) => {
        const { starts: promised, triesWithin = 30_000 } = restarter.promises
        if (promised === undefined) {
          await eventually('a third start', triesWithin, () => starts.count >= 3)
          return `never gives up: ${starts.count} starts seen`
        }
        await eventually('it to give up', triesWithin, () => running.gaveUp())
        await sleep(2_000)
        assert.equal(starts.count, promised, 'starts, the first included')
        return `given up after ${starts.count} starts`
      },
      starts.boot,
    )
  } finally {
    await starts.close()
  }
}

async function exitZero(trial: Trial): Promise<string> {
  const { restarter, app, running } = trial
  const { pid } = await untilStarted(trial)
  await running.terminate(pid)
  const code = await eventually('the exit', 20_000, () => running.exitCode())
  assert.equal(code, 0, 'exit code after SIGTERM')
  await assertStaysAway(app, Math.min(restarter.promises.backWithin, 5_000))
  return `exit ${code}, not restarted`
}

async function cleanStop(trial: Trial): Promise<string> {
  const { restarter, app, running } = trial
  await untilStarted(trial)
  await running.stop()
  const code = await eventually('the exit', 20_000, () => running.exitCode())
  assert.equal(code, 0, 'exit code after the stop')
  await assertStaysAway(app, Math.min(restarter.promises.backWithin, 5_000))
  return `exit ${code}, not restarted`
}
