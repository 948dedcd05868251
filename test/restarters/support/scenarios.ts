import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AppProcess, assertStaysAway, awaitApp } from './app-client.ts'
import { eventually } from './eventually.ts'
import { Load } from './load.ts'
import type { AnyRestarter, Restarter, Running, Scenario } from './restarter.ts'
import { type StagedApp, type Staging, stageApp } from './staged-app.ts'
import { countStarts, type Starts } from './starts.ts'

/** What every restarter has to go through, and then its own. */
export function scenariosOf(restarter: AnyRestarter): Scenario[] {
  const ofAll = 'start' in restarter ? scenariosOfAll(restarter) : []
  return [...(restarter.scenarios ?? ofAll), ...(restarter.more ?? [])]
}

function scenariosOfAll(restarter: Restarter): Scenario[] {
  return [
    { name: 'fatal fault, then a stop', run: () => withApp(restarter, fatalFaultUnderLoad) },
    crashLoop(restarter),
    { name: 'exit 0 after SIGTERM', run: () => withApp(restarter, exitZero) },
  ]
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
  staging: Staging = {},
): Promise<string> {
  const app = await stageApp(staging)
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
  await sleep(1_000)
  const crash = await load.send('/crash')
  await eventually('a new process', restarter.promises.backWithin + 10_000, () =>
    load.sent.some((sent) => sent.startedAt !== undefined && sent.startedAt !== startedAt),
  )
  await sleep(500)
  await load.end()

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

  await running.stop()
  await assertEndedForGood(trial)
  const lost = load.sent.filter((sent) => sent !== crash && sent.status !== 200).length
  return `back after ${Math.round(away)} ms; ${accepted.length} accepted before it, all answered; ${lost} turned away while it was down; then a stop: exit 0`
}

/** An app that cannot start is started as often as the page promises. */
export function crashLoop(restarter: Restarter): Scenario {
  return {
    name: 'crash loop',
    run: async () => {
      const starts = await countStarts()
      try {
        return await withApp(restarter, (trial) => countTries(trial, starts), { boot: starts.boot })
      } finally {
        await starts.close()
      }
    },
  }
}

async function countTries({ restarter, running }: Trial, starts: Starts): Promise<string> {
  const { starts: promised, triesWithin = 30_000 } = restarter.promises
  if (promised === undefined) {
    await eventually('a third start', triesWithin, () => starts.count >= 3)
    return `never gives up: ${starts.count} starts seen`
  }
  await eventually('it to give up', triesWithin, () => running.gaveUp())
  await sleep(2_000)
  assert.equal(starts.count, promised, 'starts, the first included')
  return `given up after ${starts.count} starts`
}

async function exitZero(trial: Trial): Promise<string> {
  const { pid } = await untilStarted(trial)
  await trial.running.terminate(pid)
  await assertEndedForGood(trial)
  return 'exit 0, not restarted'
}

/** The app has ended with 0, and is not started again. */
export async function assertEndedForGood({ app, running }: Trial): Promise<void> {
  let code: number | undefined
  await eventually('exit code 0', 20_000, async () => {
    code = await running.exitCode()
    return code === 0
  }).catch((error) => {
    throw new Error(`exit code ${code}`, { cause: error })
  })
  await assertStaysAway(app, 2_500)
}
