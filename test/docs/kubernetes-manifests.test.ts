import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { Deployment } from 'kubernetes-models/apps/v1'
import { type IPodSpec, Pod } from 'kubernetes-models/v1'
import { parse } from 'yaml'
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

test('deployment.yaml fits the schema of Kubernetes', () => {
  check(deployment(), Deployment)
})

test('pod.yaml fits the schema of Kubernetes', () => {
  check(pod(), Pod)
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

test('the pod that Podman runs is the one of the Deployment, but for its restart policy', () => {
  const ofDeployment: IPodSpec = deployment().spec!.template.spec!
  assert.deepEqual({ ...pod().spec, restartPolicy: 'Always' }, ofDeployment)
})

test('the grace period is longer than the drain delay, the deadline and the margin of the watchdog', () => {
  const spec = pod().spec!
  const delay = Number(spec.containers[0]?.env?.find(({ name }) => name === 'DRAIN_DELAY')?.value)
  const server = readFileSync(path.join(DOCS, 'app/server.js'), 'utf8')
  const deadline = Number(server.match(/deadline: ([\d_]+)/)?.[1]?.replace('_', ''))
  assert.ok(delay + deadline + 2_000 < spec.terminationGracePeriodSeconds! * 1_000, `${delay} + ${deadline}`)
})
