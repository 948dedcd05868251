import assert from 'node:assert/strict'
import { METHODS } from 'node:http'
import { test } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { InFlightBoard, inFlightOn, readBoard, SLOTS } from '../../src/in-flight/board.ts'
import { type CoveredRoute, RequestContext } from '../../src/request/context.ts'

const routes = ['/a', '/b/:id', undefined].map((pattern, index) => ({ pattern, index })) as CoveredRoute[]

function newRequest(id: unknown, route = 0, method = 'GET'): RequestContext {
  const request = { id, raw: { method } } as unknown as FastifyRequest
  return new RequestContext(request, {} as FastifyReply, routes[route] as CoveredRoute)
}

function newBoard() {
  const board = new InFlightBoard()
  const read = () => ({
    requests: readBoard(board.memory).map(({ id, method, route }) => [id, METHODS[method], route]),
    total: inFlightOn(new Int32Array(board.memory)),
  })
  const ids = (): unknown[] => read().requests.map(([id]) => id)
  return { board, read, ids }
}

test('it shows what came and did not go, the newest first', () => {
  const { board, read, ids } = newBoard()
  const first = newRequest('req-1', 1, 'POST')
  const second = newRequest('x'.repeat(100), 2)
  board.add(first)
  board.add(second)
  assert.deepEqual(read().requests, [
    ['x'.repeat(48), 'GET', 2],
    ['req-1', 'POST', 1],
  ])
  board.delete(first)
  assert.deepEqual(ids(), ['x'.repeat(48)])
  board.delete(second)
  assert.deepEqual(read(), { requests: [], total: 0 })
})

test('where there are too many it shows the newest, and counts all', () => {
  const { board, read, ids } = newBoard()
  const requests = Array.from({ length: SLOTS + 36 }, (_, i) => newRequest(`req-${i}`))
  for (const request of requests) board.add(request)
  assert.deepEqual(
    ids(),
    Array.from({ length: SLOTS }, (_, i) => `req-${SLOTS + 35 - i}`),
  )
  assert.equal(read().total, SLOTS + 36)
  // those whose place was taken have none to give back
  for (const request of requests.slice(0, 36)) board.delete(request)
  assert.deepEqual([ids().length, read().total], [SLOTS, SLOTS])
})

test('a request that takes long keeps its place while many others come and go', () => {
  const { board, ids } = newBoard()
  board.add(newRequest('slow'))
  for (let i = 0; i < 2 * SLOTS; i += 1) {
    const quick = newRequest(`req-${i}`)
    board.add(quick)
    board.delete(quick)
  }
  assert.deepEqual(ids(), ['slow'])
})

test('a method and an id that it does not know are left out', () => {
  const { board, read } = newBoard()
  board.add(newRequest({ not: 'a text' }, 0, 'NOPE'))
  assert.deepEqual(read().requests, [['', undefined, 0]])
})
