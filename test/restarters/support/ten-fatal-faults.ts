import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { answering } from './app-client.ts'
import { eventually } from './eventually.ts'
import { Load, RATE, type Sent } from './load.ts'
import type { Restarter, Scenario } from './restarter.ts'
import { type Trial, untilStarted, withApp } from './scenarios.ts'

const FAULTS = 10

/** @param processes How many processes serve the port. */
export function noRequestLost(restarter: Restarter, processes: number): Scenario[] {
  const scenario = (name: string, keepAlive: boolean) => ({
    name,
    run: () => withApp(restarter, (trial) => tenFatalFaults(trial, { keepAlive, processes })),
  })
  return [scenario('ten faults, new connections', false), scenario('ten faults, kept connections', true)]
}

/**
 * Ten fatal faults in a row under load, the next as soon as the process that the last one cost has been replaced:
 * nobody sees anything of it but the ten that caused them.
 */
async function tenFatalFaults(
  trial: Trial,
  options: { keepAlive: boolean; processes: number },
): Promise<string> {
  const { app } = trial
  const seen = new Set([(await untilStarted(trial)).startedAt])
  const load = new Load(app.port, options)
  const allSeen = (count: number) =>
    eventually(`process ${count} to answer`, 30_000, async () => {
      for (const { startedAt } of load.sent) if (startedAt !== undefined) seen.add(startedAt)
      // On kept connections the load may never meet a new process: those who come anew do.
      const other = await answering(app)
      if (other !== undefined) seen.add(other.startedAt)
      return seen.size >= count
    })

  const crashes: Sent[] = []
  for (let fault = 0; fault < FAULTS; fault += 1) {
    await allSeen(options.processes + fault)
    await sleep(300)
    crashes.push(await load.send('/crash'))
  }
  await allSeen(options.processes + FAULTS)
  await sleep(300)
  await load.end()

  assert.deepEqual(
    crashes.map(({ status, error }) => status ?? error),
    crashes.map(() => 500),
    'answers to the requests that caused a fault',
  )
  const others = load.sent.filter((sent) => !crashes.includes(sent))
  const lost = others.filter((sent) => sent.status !== 200)
  assert.equal(lost.length, 0, `${lost.length} of ${others.length} requests lost: ${JSON.stringify(lost)}`)
  const slowest = Math.max(...others.map((sent) => sent.endedAt - sent.sentAt))
  const again = options.keepAlive
    ? `, ${sum(others, 'closed')} sent again on a new connection, ${sum(others, 'turnedAway')} after a 503`
    : ''
  return `${FAULTS} fatal faults, ${others.length} other requests at ${RATE} a second: ${lost.length} lost${again}; the slowest answer took ${Math.round(slowest)} ms`
}

function sum(sent: readonly Sent[], what: 'closed' | 'turnedAway'): number {
  return sent.reduce((total, each) => total + each[what], 0)
}
