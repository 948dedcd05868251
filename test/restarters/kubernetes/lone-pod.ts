import assert from 'node:assert/strict'
import { eventually } from '../support/eventually.ts'
import type { Scenario } from '../support/restarter.ts'
import { addressOf, type ContainerStatus, inNamespace, type Namespace, PATIENCE } from './namespace.ts'
import { ask, seconds } from './service-load.ts'

const POD = 'app'

/** The pod of its own: what becomes of it after 70, again after 70, and after 0. */
export const lonePod: Scenario = {
  name: 'the lone pod: two fatal faults, then exit 0',
  run: () =>
    inNamespace(async (space) => {
      await space.applyApp('pod.yaml', 'app')
      await untilReady(space, 0)
      const first = await crash(space, 1)
      const second = await crash(space, 2)
      assert.ok(second.waited, 'the second restart waits in CrashLoopBackOff')

      await space.kubectl('exec', POD, '--', 'node', '--eval', 'process.kill(1, "SIGTERM")')
      await eventually('the pod to be over', PATIENCE, async () => {
        return (await space.pod(POD)).status?.phase === 'Succeeded'
      })
      const { state, restartCount } = await statusOf(space)
      assert.equal(state?.terminated?.exitCode, 0)
      assert.equal(restartCount, 2, 'no restart after exit 0')
      const waits = [first, second].map(({ down }) => seconds(down)).join(', ')
      return `started again after exit code 70, ${waits} later, the second time from CrashLoopBackOff; \`Succeeded\` after exit 0, and not started again`
    }),
}

async function crash(
  space: Namespace,
  restarts: number,
): Promise<{ readonly waited: boolean; readonly down: number }> {
  assert.equal(await ask(addressOf(await space.pod(POD)), '/crash'), 500)
  let waited = false
  await eventually('the container to be started again', PATIENCE, async () => {
    const { state, restartCount } = await statusOf(space)
    waited ||= state?.waiting?.reason === 'CrashLoopBackOff'
    return restartCount === restarts
  })
  const { state, lastState } = await untilReady(space, restarts)
  assert.equal(lastState?.terminated?.exitCode, 70)
  const down = Date.parse(state!.running!.startedAt!) - Date.parse(lastState!.terminated!.finishedAt!)
  return { waited, down }
}

function untilReady(space: Namespace, restarts: number): Promise<ContainerStatus> {
  return eventually('the pod to be ready', PATIENCE, async () => {
    const status = await statusOf(space)
    return status.ready && status.restartCount === restarts && status
  })
}

async function statusOf(space: Namespace): Promise<ContainerStatus> {
  return (await space.pod(POD)).status!.containerStatuses![0]!
}
