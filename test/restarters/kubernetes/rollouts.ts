import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import { RATE } from '../support/load.ts'
import type { Scenario } from '../support/restarter.ts'
import { type Deploy, deploy, REPLICAS, withBoth } from './deployments.ts'
import { haveImage, type Image } from './images.ts'
import { inNamespace, type Namespace, nameOf, PATIENCE, statusOf } from './namespace.ts'
import { loadOn, lostOf, seconds } from './service-load.ts'

/** As `kubectl rollout status` has it. */
const TIMEOUT = `${PATIENCE / 1_000}s`
/** Seconds after which a rollout counts as failed, in place of the ten minutes that a Deployment has by default. */
const DEADLINE = 40

/** Every pod is replaced under load. */
export const rollingRestart: readonly Scenario[] = withBoth(
  'a rolling restart',
  (first) => inNamespace((space) => restart(space, first)),
  ({ requests, lost }) => assert.equal(lost, 0, `${lost} of ${requests} requests lost`),
  ({ requests, lost, took }) =>
    `${requests} requests at ${RATE} a second: ${lost} lost; the old pods gone after ${seconds(took)}`,
)

async function restart(
  space: Namespace,
  first: Deploy,
): Promise<{ readonly requests: number; readonly lost: number; readonly took: number }> {
  await first(space)
  await space.untilReady(REPLICAS)
  const { load, untilAllAnswer } = await loadOn(space, { keepAlive: false })
  await untilAllAnswer(REPLICAS)
  const started = performance.now()
  await space.kubectl('rollout', 'restart', 'deployment/app')
  await space.kubectl('rollout', 'status', 'deployment/app', '--timeout', TIMEOUT)
  await space.untilReady(REPLICAS)
  const took = performance.now() - started
  await untilAllAnswer(2 * REPLICAS)
  await load.end()
  return { requests: load.sent.length, lost: lostOf(load.sent).length, took }
}

/** A version that cannot start does not replace the one that can. */
export const brokenVersion: Scenario = {
  name: 'a rollout of a version that cannot start',
  run: () =>
    inNamespace(async (space) => {
      const rollout = await rollOut(space, deploy, 'app:broken')
      assertStopped(rollout)
      await space.kubectl('rollout', 'undo', 'deployment/app')
      await space.kubectl('rollout', 'status', 'deployment/app', '--timeout', TIMEOUT)
      await space.untilReady(REPLICAS)
      return tell(rollout)
    }),
}

/** Nor does one that falls over when it has been ready for a moment. */
export const lateCrash: readonly Scenario[] = withBoth(
  'a rollout of a version that crashes four seconds after its start',
  (first) => inNamespace((space) => rollOut(space, first, 'app:late')),
  assertStopped,
  tell,
)

interface Rollout {
  /** Of `kubectl rollout status`. */
  readonly passed: boolean
  readonly said: string
  /** How many of the old pods are left. */
  readonly old: number
  /** How often the container of a new pod was started again meanwhile. */
  readonly restarts: number
  readonly requests: number
  readonly lost: number
}

/** Rolls a bad version out, under load, and resolves when Kubernetes has come to a verdict. */
async function rollOut(space: Namespace, first: Deploy, image: Image): Promise<Rollout> {
  await first(space)
  const before = (await space.untilReady(REPLICAS)).map(nameOf)
  await haveImage(image)
  const { load, untilAllAnswer } = await loadOn(space, { keepAlive: false })
  await untilAllAnswer(REPLICAS)
  const spec = { progressDeadlineSeconds: DEADLINE }
  await space.kubectl('patch', 'deployment', 'app', '--patch', JSON.stringify({ spec }))
  await space.kubectl('set', 'image', 'deployment/app', `app=${image}`)
  const status = await space.tryKubectl('rollout', 'status', 'deployment/app', '--timeout', TIMEOUT)
  let young: number[] = []
  await eventually('the new version to have crashed twice', PATIENCE, async () => {
    const pods = (await space.pods()).filter((pod) => !before.includes(nameOf(pod)))
    young = pods.map((pod) => statusOf(pod)?.restartCount ?? 0)
    return young.some((restarts) => restarts >= 2)
  })
  const names = (await space.pods()).map(nameOf)
  await load.end()
  return {
    ...status,
    old: before.filter((name) => names.includes(name)).length,
    restarts: Math.max(...young),
    requests: load.sent.length,
    lost: lostOf(load.sent).length,
  }
}

function assertStopped({ passed, said, old, lost, requests }: Rollout): void {
  assert.ok(!passed && said.includes('exceeded its progress deadline'), said)
  assert.equal(old, REPLICAS, 'old pods that serve on')
  assert.equal(lost, 0, `${lost} of ${requests} requests lost`)
}

function tell({ passed, old, restarts, requests, lost }: Rollout): string {
  const verdict = passed ? 'succeeds' : 'fails'
  return `\`kubectl rollout status\` ${verdict}, ${old} of ${REPLICAS} old pods serve on, ${restarts} restarts of a new one; ${requests} requests at ${RATE} a second: ${lost} lost`
}
