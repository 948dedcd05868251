import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { InFlight } from '../../src/in-flight/in-flight.ts'
import { type CoveredRoute, RequestContext } from '../../src/request/context.ts'

const newContext = (): RequestContext =>
  new RequestContext({} as FastifyRequest, {} as FastifyReply, {} as CoveredRoute)

test('any order of coming and going leaves those that did not go, oldest first', () => {
  const list = new InFlight()
  let expected: RequestContext[] = []
  let seed = 1
  for (let step = 0; step < 2000; step += 1) {
    seed = (seed * 48271) % 2147483647
    if (expected.length === 0 || seed % 5 < 3) {
      const context = newContext()
      list.add(context)
      expected.push(context)
    } else {
      const gone = expected[seed % expected.length] as RequestContext
      list.delete(gone)
      expected = expected.filter((context) => context !== gone)
    }
    assert.equal(list.size, expected.length)
    assert.ok([...list].every((context, i) => context === expected[i]))
  }
})

test('one that is not in the list is not taken out of it', () => {
  const list = new InFlight()
  const [one, other] = [newContext(), newContext()]
  list.delete(other)
  list.add(one)
  list.delete(other)
  list.delete(one)
  list.delete(one)
  assert.equal(list.size, 0)
  assert.deepEqual([...list], [])
})

test('what goes while the list is gone through is still met, and holds no neighbour afterwards', () => {
  const list = new InFlight()
  const all = [newContext(), newContext(), newContext()]
  for (const context of all) list.add(context)
  const met: RequestContext[] = []
  for (const context of list) {
    list.delete(context)
    met.push(context)
    assert.equal(context.older, undefined)
    assert.equal(context.newer, undefined)
  }
  assert.deepEqual(
    met.map((context) => all.indexOf(context)),
    [0, 1, 2],
  )
})

test('the newest that is so is found without a look at more than are asked for', () => {
  const list = new InFlight()
  const all = Array.from({ length: 1000 }, newContext)
  for (const context of all) list.add(context)
  let looks = 0
  const isOneOf = (some: readonly (RequestContext | undefined)[]) => (context: RequestContext) => {
    looks += 1
    return some.includes(context)
  }
  assert.equal(list.findNewest(isOneOf([all[100], all[990]]), 500), all[990])
  assert.equal(looks, 10)
  assert.equal(list.findNewest(isOneOf([all[100]]), 500), undefined)
  assert.equal(looks, 510)
  assert.equal(list.findNewest(isOneOf([all[0]]), list.size), all[0])
})
