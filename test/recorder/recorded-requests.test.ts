import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FlightFile } from '../../src/flight/flight-file.ts'
import { InFlightBoard } from '../../src/in-flight/board.ts'
import { RecordedRequests } from '../../src/recorder/recorded-requests.ts'
import { newSharedMemory } from '../../src/recorder/shared-memory.ts'
import { type CoveredRoute, RequestContext } from '../../src/request/context.ts'

const BEGIN = 1_000_000

/** Counts what is written as it arrives: 100 requests a second come to the busy route, and one to the rare one. */
function setUp(writesAllUntil = 0) {
  const written: string[] = []
  const file = {
    addName: (line: string) => written.push(`name ${JSON.parse(line)[2]}`),
    mark: (bytes: Uint8Array) => written.push(bytes.length > 4 ? 'mark' : 'unmark'),
  } as unknown as FlightFile
  const requests = new RecordedRequests(new InFlightBoard(), file, newSharedMemory(), 2, writesAllUntil)
  const ask = (pattern: string, at: number): string[] => {
    written.length = 0
    const route = { pattern, index: pattern === '/busy' ? 0 : 1 } as CoveredRoute
    const request = { id: 'x', raw: { method: 'GET' } } as unknown as FastifyRequest
    const context = new RequestContext(request, {} as FastifyReply, route)
    Object.assign(context, { startedAt: BEGIN + at })
    requests.add(context)
    requests.delete(context)
    return [...written]
  }
  return { ask }
}

test('the first request of a route is written with its name, and taken away when it is gone', () => {
  const { ask } = setUp()
  assert.deepEqual(ask('/busy', 0), ['name /busy', 'mark', 'unmark'])
  assert.deepEqual(ask('/busy', 1), ['mark', 'unmark'])
})

test('a busy route leaves the rest to the rare ones, and all of them are at most fifty a second', () => {
  const { ask } = setUp()
  const marked = { '/busy': 0, '/rare': 0 }
  let rare = 0
  for (let at = 0; at < 20_000; at += 1) {
    if (ask('/busy', at).includes('mark')) marked['/busy'] += 1
    if (at % 1_500 !== 0) continue
    rare += 1
    if (ask('/rare', at).includes('mark')) marked['/rare'] += 1
  }
  assert.equal(marked['/rare'], rare)
  assert.ok(marked['/busy'] > 100 && marked['/busy'] <= 50 * 21, `${marked['/busy']}`)
})

test('after a death every request is written for some minutes', () => {
  const { ask } = setUp(BEGIN + 1_000)
  for (let i = 0; i < 500; i += 1) assert.ok(ask('/busy', 999).includes('mark'))
  assert.ok(!ask('/busy', 1_000).includes('mark'))
})
