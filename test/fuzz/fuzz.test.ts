import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leaveAmidTraffic, setupFor } from './leaving.ts'
import { Ledger } from './ledger.ts'
import { planOf } from './plan.ts'
import { startServer } from './server-process.ts'
import { protocolOf, sendTraffic } from './traffic.ts'

const SEED = 20_261_129
/** Connections: a few seconds of work. */
const TRAFFIC = 90
const LEAVING = 14
/** The HTTP/2 client of Node 20 and 22 may wait for ever for a write of its own: there HTTP/2 is left to the long run. */
const PROTOCOL = Number.parseInt(process.versions.node, 10) < 24 ? 1 : undefined

test('the same seed makes the same plans', () => {
  for (let number = 0; number < 20; number += 1) {
    const [one, other] = [1, 2].map(() => JSON.stringify(planOf(SEED, protocolOf(number), number)))
    assert.equal(one, other)
  }
  assert.notDeepEqual(planOf(SEED, 1, 1).batches, planOf(SEED + 1, 1, 1).batches)
})

test('every request gets its own whole answer or a cut that is promised, and so do those that meet a process that leaves', async () => {
  const ledger = new Ledger(SEED)
  for (const [round, way] of (['recycle', 'fatal'] as const).entries()) {
    const server = await startServer(process.execPath, setupFor(way))
    let left = TRAFFIC
    const next = () => (left > 0 ? round * TRAFFIC + TRAFFIC - left-- : undefined)
    await sendTraffic(server, ledger, SEED, next, PROTOCOL)
    const { inFlight } = await server.sample()
    assert.deepEqual(inFlight, [])
    await leaveAmidTraffic(server, ledger, SEED, round, way, LEAVING, PROTOCOL)
  }
  assert.equal(ledger.counts.violations, 0, ledger.failures.join('\n'))
  assert.ok(ledger.counts.answered > ledger.counts.requests / 2, JSON.stringify(ledger.counts))
  assert.ok(ledger.counts.cut > 0)
})
