import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { InFlightBoard } from '../../src/in-flight/board.ts'
import { type CoveredRoute, RequestContext } from '../../src/request/context.ts'
import { lookAtBoard } from '../../src/runaway/on-board.ts'

const routes = [
  { pattern: '/a', after: 100 },
  { pattern: '/b/:id', after: 200 },
  { pattern: undefined, after: false },
] as const

test('the thread sees who is served, and the most patient of them says how long one may block', () => {
  const board = new InFlightBoard()
  const look = () => lookAtBoard({ board: board.memory, routes })
  assert.deepEqual(look(), { requests: [], total: 0, patience: 0 })
  const patience = routes.map(({ pattern }, index) => {
    const request = { id: `req-${index}`, raw: { method: 'POST' } } as unknown as FastifyRequest
    board.add(new RequestContext(request, {} as FastifyReply, { pattern, index } as CoveredRoute))
    return look().patience
  })
  assert.deepEqual(patience, [100, 200, Number.POSITIVE_INFINITY])
  const { requests, total } = look()
  assert.equal(total, 3)
  assert.deepEqual(
    requests.map(({ id, method, route }) => [id, method, route]),
    [
      ['req-2', 'POST', undefined],
      ['req-1', 'POST', '/b/:id'],
      ['req-0', 'POST', '/a'],
    ],
  )
  assert.ok(requests.every(({ age }) => age >= 0))
})
