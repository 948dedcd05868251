import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type CoveredRoute, RequestContext } from '../../src/request/context.ts'
import { BOARD_BYTES, InFlightBoard, readBoard } from '../../src/runaway/in-flight-board.ts'

const routes = ['/a', '/b/:id', undefined].map((pattern, index) => ({ pattern, index })) as CoveredRoute[]
const limits = [100, 200, false] as const
const known = routes.map(({ pattern }, i) => ({ pattern, after: limits[i] as number | false }))

function newRequest(id: unknown, route = 0, method = 'GET'): RequestContext {
  const request = { id, raw: { method } } as unknown as FastifyRequest
  return new RequestContext(request, {} as FastifyReply, routes[route] as CoveredRoute)
}

function newBoard(): { board: InFlightBoard; read: () => ReturnType<typeof readBoard> } {
  const memory = new SharedArrayBuffer(BOARD_BYTES)
  return { board: new InFlightBoard(memory), read: () => readBoard({ board: memory, routes: known }) }
}

test('it shows what came and did not go', () => {
  const { board, read } = newBoard()
  const first = newRequest('req-1', 1, 'POST')
  const second = newRequest('x'.repeat(100), 2)
  board.add(first)
  board.add(second)
  const shown = read().requests.map(({ id, method, route }) => ({ id, method, route }))
  assert.deepEqual(
    shown.toSorted((a, b) => a.id.length - b.id.length),
    [
      { id: 'req-1', method: 'POST', route: '/b/:id' },
      { id: 'x'.repeat(48), method: 'GET', route: undefined },
    ],
  )
  board.delete(first)
  assert.deepEqual(
    read().requests.map(({ id }) => id),
    ['x'.repeat(48)],
  )
  board.delete(second)
  assert.deepEqual(read(), { requests: [], total: 0, patience: 0 })
})

test('where there are too many it shows the newest, and counts all', () => {
  const { board, read } = newBoard()
  const requests = Array.from({ length: 100 }, (_, i) => newRequest(`req-${i}`))
  for (const request of requests) board.add(request)
  const ids = () => new Set(read().requests.map(({ id }) => id))
  assert.deepEqual(ids(), new Set(Array.from({ length: 64 }, (_, i) => `req-${99 - i}`)))
  assert.equal(read().total, 100)
  // those whose place was taken have none to give back
  for (const request of requests.slice(0, 36)) board.delete(request)
  assert.deepEqual([ids().size, read().total], [64, 64])
})

test('the most patient of its requests says how long one may block', () => {
  const { board, read } = newBoard()
  board.add(newRequest('req-1', 0))
  assert.equal(read().patience, 100)
  board.add(newRequest('req-2', 1))
  assert.equal(read().patience, 200)
  board.add(newRequest('req-3', 2))
  assert.equal(read().patience, Number.POSITIVE_INFINITY)
})

test('a method and an id that it does not know are left out', () => {
  const { board, read } = newBoard()
  board.add(newRequest({ not: 'a text' }, 0, 'NOPE'))
  const [request] = read().requests
  assert.deepEqual([request?.id, request?.method, request?.route], ['', '', '/a'])
})
