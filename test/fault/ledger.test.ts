import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../src/fault/fault.ts'
import { Ledger } from '../../src/fault/ledger.ts'
import { faultRequest } from '../support/fault-request.ts'

function fault(overrides: Partial<Fault> = {}): Fault {
  return {
    id: 'id',
    error: new Error('x'),
    origin: 'handler',
    verdict: 'contain',
    attributedTo: 'call',
    request: undefined,
    job: undefined,
    fingerprint: 'aaaa',
    at: 1,
    ...overrides,
  }
}

const request = faultRequest()

test('counts start at zero for every origin and verdict', () => {
  assert.deepEqual(new Ledger().counts, {
    total: 0,
    origin: { handler: 0, hook: 0, reply: 0, stream: 0, job: 0, rejection: 0, exception: 0, runaway: 0 },
    verdict: { contain: 0, recycle: 0, fatal: 0 },
    forced: 0,
    job: {},
  })
  assert.deepEqual(new Ledger().fingerprints(), [])
})

test('faults are counted by origin and verdict', () => {
  const ledger = new Ledger()
  ledger.add(fault())
  ledger.add(fault({ origin: 'stream', verdict: 'recycle' }))
  ledger.add(fault({ origin: 'stream', verdict: 'fatal' }))
  const { total, origin, verdict } = ledger.counts
  assert.equal(total, 3)
  assert.equal(origin.handler, 1)
  assert.equal(origin.stream, 2)
  assert.deepEqual(verdict, { contain: 1, recycle: 1, fatal: 1 })
})

test('requests that were ended by force are counted', () => {
  const ledger = new Ledger()
  ledger.addForced()
  ledger.addForced()
  assert.equal(ledger.counts.forced, 2)
})

test('faults of jobs are counted by name, of which a hundred are told apart', () => {
  const ledger = new Ledger()
  ledger.add(fault())
  for (let n = 0; n < 100; n += 1) ledger.add(fault({ origin: 'job', job: `job ${n}` }))
  ledger.add(fault({ origin: 'exception', job: 'job 7' }))
  ledger.add(fault({ origin: 'job', job: 'one more' }))
  ledger.add(fault({ origin: 'job', job: 'and another' }))
  const { total, origin, job } = ledger.counts
  assert.deepEqual([total, origin.job, origin.exception], [104, 102, 1])
  assert.equal(Object.keys(job).length, 101)
  assert.deepEqual([job['job 6'], job['job 7'], job.others], [1, 2, 2])
})

test('a job may have any name', () => {
  const ledger = new Ledger()
  ledger.add(fault({ origin: 'job', job: '__proto__' }))
  assert.deepEqual(Object.entries(ledger.counts.job), [['__proto__', 1]])
})

test('counts are a frozen copy that does not change', () => {
  const ledger = new Ledger()
  const before = ledger.counts
  ledger.add(fault())
  assert.equal(before.total, 0)
  assert.equal(before.origin.handler, 0)
  assert.ok(Object.isFrozen(before) && Object.isFrozen(before.origin) && Object.isFrozen(before.verdict))
  assert.ok(Object.isFrozen(before.job))
})

test('fingerprints come the most frequent first, then the newest, with the newest route and time', () => {
  const ledger = new Ledger()
  ledger.add(fault({ fingerprint: 'a', at: 1, request }))
  ledger.add(fault({ fingerprint: 'b', at: 2 }))
  ledger.add(fault({ fingerprint: 'c', at: 3 }))
  ledger.add(fault({ fingerprint: 'b', at: 4, request }))
  assert.deepEqual(ledger.fingerprints(), [
    { fingerprint: 'b', count: 2, lastRoute: '/users/:id', lastAt: 4 },
    { fingerprint: 'c', count: 1, lastRoute: undefined, lastAt: 3 },
    { fingerprint: 'a', count: 1, lastRoute: '/users/:id', lastAt: 1 },
  ])
})

test('at most 1000 fingerprints are kept, the totals go on', () => {
  const ledger = new Ledger()
  for (let i = 0; i < 5000; i += 1) ledger.add(fault({ fingerprint: `f${i}`, at: i }))
  assert.equal(ledger.fingerprints().length, 1000)
  assert.equal(ledger.counts.total, 5000)
  assert.ok(ledger.fingerprints().some(({ fingerprint }) => fingerprint === 'f4999'))
})

test('a flood of new fingerprints does not push out a frequent one', () => {
  const ledger = new Ledger()
  for (let i = 0; i < 3; i += 1) ledger.add(fault({ fingerprint: 'real' }))
  for (let i = 0; i < 5000; i += 1) ledger.add(fault({ fingerprint: `f${i}` }))
  assert.equal(ledger.fingerprints()[0]?.fingerprint, 'real')
})
