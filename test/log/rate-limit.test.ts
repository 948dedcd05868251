import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from '../../src/fault/fault.ts'
import { type HeldBack, LogRateLimit } from '../../src/log/rate-limit.ts'
import { faultRequest } from '../support/fault-request.ts'
import { until } from '../support/until.ts'

interface LimitedFault extends Fault {
  kind: string
}

function fault(fingerprint: string, at: number, more: Partial<LimitedFault> = {}): LimitedFault {
  const request = faultRequest({ id: `req-${at}`, url: '/', route: '/', startedAt: at })
  return {
    id: String(at),
    error: undefined,
    origin: 'handler',
    verdict: 'contain',
    attributedTo: 'call',
    request,
    job: undefined,
    fingerprint,
    kind: fingerprint,
    at,
    ...more,
  }
}

interface Storm {
  admits(fault: LimitedFault): boolean
  /** Decides about faults that are alike without their stacks. Returns under which fingerprints they count. */
  judgeAlike(fingerprints: string[], at?: number): string[]
  /** How many fingerprints were asked for. */
  reads(): number
  flush(): void
  end(): void
}

function stormOf(burst: number, window: number): { storm: Storm; told: HeldBack[] } {
  const told: HeldBack[] = []
  let now = 0
  const limit = new LogRateLimit(
    burst,
    window,
    (held) => told.push(held),
    () => now,
  )
  const judge = (one: LimitedFault) => {
    now = one.at
    return limit.judge(one)
  }
  let reads = 0
  const alike = (fingerprint: string, at: number): LimitedFault =>
    Object.defineProperty(fault(fingerprint, at, { kind: 'alike' }), 'fingerprint', {
      get() {
        reads += 1
        return fingerprint
      },
    })
  const storm = {
    admits: (one: LimitedFault) => judge(one).isLogged,
    judgeAlike: (fingerprints: string[], at = 1) =>
      fingerprints.map((fingerprint) => judge(alike(fingerprint, at)).fingerprint),
    reads: () => reads,
    flush: () => limit.flush(),
    end: () => limit.end(),
  }
  return { storm, told }
}

const times = (count: number, ...fingerprints: string[]): string[] =>
  Array.from({ length: count }, () => fingerprints).flat()

test('lets the first faults of each bug through, and tells of the rest once a window', () => {
  const { storm, told } = stormOf(2, 60_000)
  const admitted = [1, 2, 3, 4].map((at) => storm.admits(fault('a', at)))
  assert.deepEqual(admitted, [true, true, false, false])
  assert.equal(storm.admits(fault('b', 5)), true, 'another bug has a burst of its own')
  assert.deepEqual(told, [])
  assert.equal(storm.admits(fault('a', 60_001)), true, 'a new window starts')
  assert.deepEqual(told, [{ fingerprint: 'a', heldBack: 2, route: '/', reqId: 'req-4', window: 60_000 }])
})

test('lines that are no faults have a burst for each kind, and one line for the rest', () => {
  const told: HeldBack[] = []
  const limit = new LogRateLimit(2, 60_000, (held) => told.push(held))
  const line = (message: string, reqId: string) => ({ level: 'info', message, route: '/', reqId }) as const
  const admitted = ['1', '2', '3', '4'].map((reqId) => limit.admitsLine(line('left', reqId)))
  assert.deepEqual(admitted, [true, true, false, false])
  assert.equal(limit.admitsLine(line('late', '5')), true)
  assert.equal(limit.judge(fault('a', 1)).isLogged, true)
  limit.flush()
  const held = { route: '/', reqId: '4', window: 60_000 }
  assert.deepEqual(told, [{ line: line('left', '4'), heldBack: 2, ...held }])
  assert.equal(limit.admitsLine(line('left', '6')), true, 'a new window')
  limit.end()
  assert.equal(limit.admitsLine(line('left', '7')), true, 'nothing is held back any more')
})

test('a wall clock that is set back holds nothing back for longer', async () => {
  const told: HeldBack[] = []
  const limit = new LogRateLimit(1, 20, (held) => told.push(held))
  const now = Date.now()
  assert.equal(limit.judge(fault('a', now + 3_600_000)).isLogged, true)
  assert.equal(limit.judge(fault('a', now)).isLogged, false)
  await until(() => told.length === 1)
})

test('the counts of a storm add up exactly', () => {
  const { storm, told } = stormOf(100, 10_000)
  let logged = 0
  for (let n = 0; n < 50_000; n += 1) if (storm.admits(fault('a', n))) logged += 1
  storm.flush()
  const heldBack = told.reduce((sum, held) => sum + held.heldBack, 0)
  assert.equal(logged, 5 * 100)
  assert.equal(told.length, 5)
  assert.equal(logged + heldBack, 50_000)
})

test('never holds a fatal fault back', () => {
  const { storm } = stormOf(0, 10_000)
  assert.equal(storm.admits(fault('a', 1)), false)
  assert.equal(storm.admits(fault('a', 2, { verdict: 'fatal' })), true)
})

test('of escapes without a request one is logged in a window, and the counts add up', () => {
  const { storm, told } = stormOf(100, 10_000)
  const unowned = (at: number, more: Partial<LimitedFault> = {}) =>
    fault('a', at, { origin: 'exception', attributedTo: 'none', request: undefined, ...more })
  const admitted = Array.from({ length: 10 }, (_, at) => storm.admits(unowned(at)))
  assert.deepEqual(admitted, [true, ...Array(9).fill(false)])
  assert.equal(
    storm.admits(unowned(11, { fingerprint: 'b', kind: 'b', origin: 'rejection' })),
    true,
    'another bug',
  )
  assert.equal(storm.admits(unowned(12, { origin: 'handler' })), true, 'what the app reports itself')
  assert.equal(storm.admits(unowned(13, { verdict: 'fatal' })), true)
  assert.equal(storm.admits(unowned(14, { fingerprint: 'c', kind: 'c', attributedTo: 'connection' })), true)
  assert.equal(storm.admits(unowned(15, { fingerprint: 'c', kind: 'c', attributedTo: 'connection' })), false)
  assert.equal(storm.admits(unowned(10_001)), true, 'another window')
  assert.deepEqual(told, [
    { fingerprint: 'a', heldBack: 9, route: undefined, reqId: undefined, window: 10_000 },
    { fingerprint: 'c', heldBack: 1, route: undefined, reqId: undefined, window: 10_000 },
  ])
})

test('holds nothing back with a burst of Infinity', () => {
  const { storm, told } = stormOf(Number.POSITIVE_INFINITY, 10_000)
  for (let n = 0; n < 1000; n += 1) assert.equal(storm.admits(fault('a', n)), true)
  storm.flush()
  assert.deepEqual(told, [])
})

test('bugs beyond the bound share one burst', () => {
  const { storm, told } = stormOf(1, 10_000)
  for (let n = 0; n < 1000; n += 1) assert.equal(storm.admits(fault(`bug-${n}`, n)), true)
  assert.equal(storm.admits(fault('one more', 1001)), true)
  assert.equal(storm.admits(fault('and another', 1002)), false)
  assert.equal(storm.admits(fault('and a third', 1003)), false)
  storm.flush()
  assert.deepEqual(
    told.map(({ fingerprint, heldBack }) => [fingerprint, heldBack]),
    [['others', 2]],
  )
})

test('holds nothing back once it is over', () => {
  const { storm, told } = stormOf(1, 10_000)
  assert.deepEqual([storm.admits(fault('a', 1)), storm.admits(fault('a', 2))], [true, false])
  storm.end()
  assert.deepEqual(
    told.map(({ heldBack }) => heldBack),
    [1],
  )
  assert.deepEqual([storm.admits(fault('a', 3)), storm.admits(fault('a', 4))], [true, true])
})

test('tells by itself when the window ends without another fault', async () => {
  const told: HeldBack[] = []
  new LogRateLimit(0, 20, (held) => told.push(held)).judge(fault('a', Date.now()))
  await until(() => told.length > 0)
  assert.deepEqual(
    told.map(({ heldBack }) => heldBack),
    [1],
  )
})

test('reads every fault while it is logged, and one in sixteen of those that are held back', () => {
  const { storm, told } = stormOf(100, 10_000)
  assert.deepEqual(storm.judgeAlike(times(100, 'a')), times(100, 'a'))
  assert.equal(storm.reads(), 100)
  assert.deepEqual(storm.judgeAlike(times(1600, 'a')), times(1600, 'a'))
  const reads = storm.reads() - 100
  assert.ok(reads >= 1600 / 16 && reads <= 1600 / 13, `${reads} reads`)
  storm.flush()
  assert.deepEqual(
    told.map(({ fingerprint, heldBack }) => [fingerprint, heldBack]),
    [['a', 1600]],
  )
})

test('tells a second bug that says the same apart after sixteen faults, and then every one of both', () => {
  const { storm, told } = stormOf(2, 10_000)
  storm.judgeAlike(times(2, 'a'))
  assert.deepEqual(storm.judgeAlike(times(16, 'b')).slice(-1), ['b'])
  const both = times(20, 'a', 'b', 'b')
  const before = storm.reads()
  assert.deepEqual(storm.judgeAlike(both), both)
  assert.equal(storm.reads() - before, both.length)
  storm.flush()
  // of the first sixteen fifteen count as the first bug, and of the second bug two are logged
  assert.deepEqual(
    told.map(({ fingerprint, heldBack }) => [fingerprint, heldBack]),
    [
      ['a', 15 + 20],
      ['b', 1 + 40 - 2],
    ],
  )
})

test('and where a second one appears while lines are still logged, at once', () => {
  const { storm } = stormOf(2, 10_000)
  const both = times(50, 'a', 'b')
  assert.deepEqual(storm.judgeAlike(both), both)
})

test('two bugs that take turns while they are held back do not hide from it', () => {
  for (const turns of [
    ['a', 'b'],
    ['b', 'a'],
  ]) {
    const { storm } = stormOf(1, 10_000)
    storm.judgeAlike(['a'])
    storm.judgeAlike(times(8000, ...turns))
    assert.deepEqual(storm.judgeAlike(turns), turns)
  }
})

test('each window starts with a fault that is read, and takes a kind for one bug again', () => {
  const { storm } = stormOf(1, 10_000)
  storm.judgeAlike(times(2, 'a', 'b'))
  assert.deepEqual(storm.judgeAlike(['b', 'a'], 20_000), ['b', 'b'])
})

test('kinds beyond the bound are read, every one', () => {
  const { storm } = stormOf(1, 10_000)
  for (let n = 0; n < 1000; n += 1) storm.admits(fault('a', 1, { kind: `kind ${n}` }))
  const both = times(20, 'a', 'b')
  assert.deepEqual(storm.judgeAlike(both), both)
  assert.equal(storm.reads(), both.length)
})
