import assert from 'node:assert/strict'
import type { IPod } from 'kubernetes-models/v1'
import { eventually } from '../support/eventually.ts'
import { RATE, type Sent } from '../support/load.ts'
import type { Scenario } from '../support/restarter.ts'
import { type Deploy, REPLICAS, withBoth } from './deployments.ts'
import { addressOf, inNamespace, PATIENCE, statusOf } from './namespace.ts'
import { loadOn, lostOf, seconds } from './service-load.ts'

const FAULTS = 4

/** Fatal faults under load, each when two pods are ready: nobody sees anything of them but those who caused them. */
export const fatalFaults: readonly Scenario[] = [
  ...withBoth(
    `${FAULTS} fatal faults, new connections`,
    (first) => underLoad(first, false),
    loseNobody,
    tell,
  ),
  ...withBoth(
    `${FAULTS} fatal faults, kept connections`,
    (first) => underLoad(first, true),
    loseNobody,
    tell,
  ),
]

interface Faults {
  readonly causers: readonly Sent[]
  /** How many requests there were beside theirs. */
  readonly others: number
  readonly lost: readonly Sent[]
  /** Milliseconds from each fault until two pods were ready again. */
  readonly away: readonly number[]
}

async function underLoad(first: Deploy, keepAlive: boolean): Promise<Faults> {
  const causers: Sent[] = []
  const away: number[] = []
  const sent = await inNamespace(async (space) => {
    await first(space)
    await space.untilReady(REPLICAS)
    const { load, untilAllAnswer } = await loadOn(space, { keepAlive })
    for (let fault = 0; fault < FAULTS; fault += 1) {
      await untilAllAnswer(REPLICAS + fault)
      const pods = await space.untilReady(REPLICAS)
      // The first through the Service, then to the pod with fewer: the back-off of the other one is longer.
      const [other] = pods.sort((a, b) => restartsOf([a]) - restartsOf([b]))
      const causer = await load.send('/crash', fault === 0 ? undefined : addressOf(other!))
      causers.push(causer)
      await eventually('a container to be started again', PATIENCE, async () => {
        return restartsOf(await space.pods()) > restartsOf(pods)
      })
      await space.untilReady(REPLICAS)
      away.push(performance.now() - causer.sentAt)
    }
    await untilAllAnswer(REPLICAS + FAULTS)
    await load.end()
    return load.sent
  })
  assert.deepEqual(
    causers.map(({ status, error }) => status ?? error),
    causers.map(() => 500),
    'answers to the requests that caused a fault',
  )
  const others = sent.filter((one) => !causers.includes(one))
  return { causers, others: others.length, lost: lostOf(others), away }
}

function loseNobody({ lost, others }: Faults): void {
  assert.deepEqual(lost, [], `${lost.length} of ${others} requests lost`)
}

function restartsOf(pods: readonly IPod[]): number {
  return pods.reduce((total, pod) => total + (statusOf(pod)?.restartCount ?? 0), 0)
}

function tell({ causers, others, lost, away }: Faults): string {
  const perFault = causers.map(({ sentAt }, i) => {
    const next = causers[i + 1]?.sentAt ?? Number.POSITIVE_INFINITY
    return lost.filter(({ endedAt }) => endedAt >= sentAt && endedAt < next).length
  })
  const each = lost.length > 0 ? ` (${perFault.join(', ')})` : ''
  const back = away.map(seconds).join(', ')
  return `the causers got 500; ${others} other requests at ${RATE} a second: ${lost.length} lost${each}; both pods ready again after ${back}`
}
