import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { Deployment } from 'kubernetes-models/apps/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { type IPodSpec, Pod, Service } from 'kubernetes-models/v1'
import { parse } from 'yaml'
import { WATCHDOG_MARGIN } from '../../src/leave/watchdog.ts'
import { EXIT_LOOP } from '../../src/options/exit-codes.ts'
import { DOCS } from '../restarters/support/repository.ts'

type Manifest<M extends new (data: never) => unknown> = NonNullable<ConstructorParameters<M>[0]>

function manifest<T>(file: string): T {
  return parse(readFileSync(path.join(DOCS, 'kubernetes', file), 'utf8'))
}

/**
 * An object that notes in `unread` which of its fields nobody has read. Kubernetes' schemas let a field pass that
 * they do not know, but only those that they know are read to be checked.
 */
function watched<T extends object>(target: T, unread: Set<string>, at = ''): T {
  for (const key of Object.keys(target)) unread.add(`${at}/${key}`)
  const children = new Map<unknown, object>()
  return new Proxy(target, {
    get(object, key) {
      const value: unknown = Reflect.get(object, key)
      if (typeof key === 'symbol') return value
      unread.delete(`${at}/${key}`)
      if (typeof value !== 'object' || value === null) return value
      const child = children.get(value) ?? watched(value, unread, `${at}/${key}`)
      children.set(value, child)
      return child
    },
  })
}

/** @throws {Error} When a field is wrong, missing or unknown. */
function check(data: object, { prototype }: { prototype: { validate(): void } }): void {
  const unread = new Set<string>()
  // Not on a new model: that reads every field to copy it.
  prototype.validate.call(watched(data, unread))
  assert.deepEqual([...unread], [], 'fields that Kubernetes does not know')
}

const deployment = (): Manifest<typeof Deployment> => manifest('deployment.yaml')
const pod = (): Manifest<typeof Pod> => manifest('pod.yaml')
const service = (): Manifest<typeof Service> => manifest('service.yaml')
const ruled = (): Manifest<typeof Pod> => manifest('pod-restart-rules.yaml')
const budget = (): Manifest<typeof PodDisruptionBudget> => manifest('disruption-budget.yaml')

test('every manifest fits the schema of Kubernetes', () => {
  check(deployment(), Deployment)
  check(pod(), Pod)
  check(ruled(), Pod)
  check(service(), Service)
  check(budget(), PodDisruptionBudget)
})

test('a misspelled field is found', () => {
  const wrong = deployment()
  Object.assign(wrong.spec!.template.spec!, { terminationGracePeriod: 30 })
  assert.throws(() => check(wrong, Deployment), /terminationGracePeriod/)
})

test('a wrong value is found', () => {
  const wrong = pod()
  wrong.spec!.restartPolicy = 'Sometimes' as 'Never'
  assert.throws(() => check(wrong, Pod), /restartPolicy/)
})

test('the restart rules leave a crash loop alone, and their wrong values are found', () => {
  const [rule] = ruled().spec!.containers[0]!.restartPolicyRules!
  assert.deepEqual(rule!.exitCodes!.values, [0, EXIT_LOOP])
  for (const [key, value] of Object.entries({ action: 1, exitCodes: { values: [78] }, exitCode: [78] })) {
    const wrong = ruled()
    Object.assign(wrong.spec!.containers[0]!.restartPolicyRules![0]!, { [key]: value })
    assert.throws(() => check(wrong, Pod), new RegExp(`${key}|operator`))
  }
})

test('the lone pod is the one of the Deployment, but for its restart policy and what needs a second replica', () => {
  const ofDeployment: IPodSpec = deployment().spec!.template.spec!
  const [container] = ofDeployment.containers
  container!.env = container!.env!.filter(({ name }) => name !== 'DRAIN_FATAL')
  assert.deepEqual({ ...pod().spec, restartPolicy: 'Always' }, ofDeployment)
})

test('the Service and the budget find the pods of the Deployment', () => {
  const labels = deployment().spec!.template.metadata!.labels!
  assert.deepEqual(deployment().spec!.selector.matchLabels, labels)
  assert.deepEqual(service().spec!.selector, labels)
  assert.deepEqual(budget().spec!.selector!.matchLabels, labels)
})

test('the Service looks away before the drain delay ends, and one late answer changes nothing', () => {
  const { readinessProbe: probe } = appContainer()
  assert.ok(probe!.failureThreshold! >= 3)
  assert.ok(probe!.timeoutSeconds! >= 2)
  assert.ok(probe!.periodSeconds! * probe!.failureThreshold! * 1_000 < drainDelay())
})

test('no probe ends a process that drains', () => {
  const { livenessProbe: probe } = appContainer()
  assert.notEqual(probe!.httpGet!.path, '/ready')
  assert.ok(probe!.periodSeconds! * probe!.failureThreshold! * 1_000 > deadline() + WATCHDOG_MARGIN)
})

test('the grace period is longer than the drain delay, the deadline and the margin of the watchdog', () => {
  const grace = pod().spec!.terminationGracePeriodSeconds! * 1_000
  assert.ok(drainDelay() + deadline() + WATCHDOG_MARGIN < grace, `${drainDelay()} + ${deadline()}`)
})

test('the image has a user by number, which Kubernetes can tell from root', () => {
  const [user] = readFileSync(path.join(DOCS, 'docker/Dockerfile'), 'utf8').match(/(?<=^USER ).+/m)!
  assert.equal(deployment().spec!.template.spec!.securityContext!.runAsNonRoot, true)
  assert.match(user!, /^[1-9]\d*$/)
  assert.equal(deployment().spec!.template.spec!.securityContext!.fsGroup, Number(user))
})

function appContainer(): IPodSpec['containers'][number] {
  return deployment().spec!.template.spec!.containers[0]!
}

function drainDelay(): number {
  return Number(appContainer().env!.find(({ name }) => name === 'DRAIN_DELAY')!.value)
}

function deadline(): number {
  const server = readFileSync(path.join(DOCS, 'app/server.js'), 'utf8')
  return Number(server.match(/deadline: ([\d_]+)/)?.[1]?.replace('_', ''))
}
