import assert from 'node:assert/strict'
import type { IPod } from 'kubernetes-models/v1'
import { eventually } from '../support/eventually.ts'
import type { Scenario } from '../support/restarter.ts'
import { deploy, REPLICAS } from './deployments.ts'
import {
  addressOf,
  type ContainerStatus,
  inNamespace,
  type Namespace,
  nameOf,
  PATIENCE,
} from './namespace.ts'
import { ask } from './service-load.ts'

/** What Kubernetes keeps of a termination message. */
const BYTES = 4_096

/** What an operator finds after a fatal fault. */
export const lastWords: Scenario = {
  name: 'what is left of a fatal fault',
  run: () =>
    inNamespace(async (space) => {
      await deploy(space, 'app:fragile')
      const [short, long] = await space.untilReady(REPLICAS)
      const words = await wordsAfter(space, short!, '/crash')
      assert.match(words, /^fatal fault: FatalError: The only database connection is gone\n/)
      assertWhole(words, '/crash')
      const longWords = await wordsAfter(space, long!, '/crash-at-length')
      assert.match(longWords, /^fatal fault: FatalError: No rows for é/)
      assertWhole(longWords, '/crash-at-length')

      const reports = await space.kubectl(
        'exec',
        nameOf(short!),
        '--',
        'node',
        '--print',
        'fs.readdirSync("/reports").length',
      )
      assert.equal(reports, '1', 'reports in the volume')
      const log = await space.kubectl('logs', '--previous', nameOf(short!))
      assert.ok(log.includes('The only database connection is gone'), log)
      return `exit code 70; the termination message names error, time, exit code, request and fingerprint, of an error message of 10 kB, too (${Buffer.byteLength(longWords)} bytes); the report in the volume; the log by \`kubectl logs --previous\``
    }),
}

/** A blocked event loop, which no code of the process can notice, is ended by the liveness probe. */
export const blockedLoop: Scenario = {
  name: 'a blocked event loop',
  run: () =>
    inNamespace(async (space) => {
      await deploy(space, 'app:fragile')
      const [pod] = await space.untilReady(REPLICAS)
      const started = performance.now()
      const answer = ask(addressOf(pod!), '/block/Infinity').catch(() => undefined)
      const { lastState } = await untilRestarted(space, pod!)
      const took = Math.round((performance.now() - started) / 1_000)
      assert.equal(await answer, undefined, 'an answer')
      return `started again by the liveness probe, and ready, after ${took} s; exit code ${lastState?.terminated?.exitCode}`
    }),
}

/** Resolves with the termination message after a request that is fatal. */
async function wordsAfter(space: Namespace, pod: IPod, path: string): Promise<string> {
  assert.equal(await ask(addressOf(pod), path), 500)
  const { lastState } = await untilRestarted(space, pod)
  assert.equal(lastState?.terminated?.exitCode, 70)
  return lastState?.terminated?.message ?? ''
}

function untilRestarted(space: Namespace, pod: IPod): Promise<ContainerStatus> {
  return eventually('the container to be ready again', PATIENCE, async () => {
    const status = (await space.pod(nameOf(pod))).status?.containerStatuses?.[0]
    return status?.restartCount === 1 && status.ready && status
  })
}

function assertWhole(message: string, path: string): void {
  assert.ok(Buffer.byteLength(message) <= BYTES)
  assert.match(message, /^at \d{4}-\d\d-\d\dT[\d:.]+Z, exit code 70$/m)
  assert.match(message, new RegExp(`^request: GET ${path} \\(`, 'm'))
  assert.match(message, /^fault [\w-]{36}, fingerprint [\w-]+, from /m)
}
