import assert from 'node:assert/strict'
import { RATE } from '../support/load.ts'
import type { Scenario } from '../support/restarter.ts'
import { type Deploy, REPLICAS, withBoth } from './deployments.ts'
import { addressOf, inNamespace } from './namespace.ts'
import { ask, loadOn, lostOf, seconds } from './service-load.ts'

/** Milliseconds for which no pod answers: as on a node that has no CPU left. */
const BLOCKED = 3_000

/** Both pods are slow at once: the Service must not look away from both. */
export const slowPods: readonly Scenario[] = withBoth(
  `both pods answer nothing for ${BLOCKED / 1_000} seconds`,
  blockBoth,
  ({ requests, lost }) => assert.equal(lost, 0, `${lost} of ${requests} requests lost`),
  ({ requests, lost, slowest }) =>
    `${requests} requests at ${RATE} a second: ${lost} lost; the slowest answer took ${seconds(slowest)}`,
)

function blockBoth(
  deploy: Deploy,
): Promise<{ readonly requests: number; readonly lost: number; readonly slowest: number }> {
  return inNamespace(async (space) => {
    await deploy(space, 'app:fragile')
    const pods = await space.untilReady(REPLICAS)
    const { load, untilAllAnswer } = await loadOn(space, { keepAlive: false })
    await untilAllAnswer(REPLICAS)
    const answers = await Promise.all(pods.map((pod) => ask(addressOf(pod), `/block/${BLOCKED}`)))
    assert.deepEqual(answers, [200, 200])
    // Whom the Service has looked away from is back with it.
    await space.untilReady(REPLICAS)
    await untilAllAnswer(REPLICAS)
    await load.end()
    const slowest = Math.max(...load.sent.map(({ sentAt, endedAt }) => endedAt - sentAt))
    return { requests: load.sent.length, lost: lostOf(load.sent).length, slowest }
  })
}
