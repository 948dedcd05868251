import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AIMS, triage, type Verdict } from './aims.ts'
import { arrivalsOf } from './load.ts'
import { coresIn } from './machine.ts'
import type { Figure, Results } from './results.ts'
import { estimate, isDifferent, pairs, type Rounds } from './statistics.ts'
import { comparison, NO_DIFFERENCE } from './tables.ts'

test('values are paired with those of the same process and the same round', () => {
  const own = [
    [2, 6],
    [8, 20],
  ]
  const others = [
    [1, 2],
    [2, 4],
  ]
  assert.deepEqual(
    pairs(own, others, (a, b) => a / b),
    [
      [2, 3],
      [4, 5],
    ],
  )
})

describe('an estimate', () => {
  test('is the median of all rounds, and its interval holds it', () => {
    const { median, low, high, n } = estimate([
      [1.01, 1.05, 1.02],
      [1.03, 9],
    ])
    assert.equal(median, 1.03)
    assert.equal(n, 5)
    assert.ok(low <= median && median <= high, `${low} ${median} ${high}`)
  })

  test('of equal values has no spread', () => {
    assert.deepEqual(estimate([[1.1, 1.1], [1.1]]), { median: 1.1, low: 1.1, high: 1.1, n: 3 })
  })

  test('is the same each time', () => {
    const rounds = [
      [1, 1.2, 1.1],
      [0.9, 1.3, 1],
    ]
    assert.deepEqual(estimate(rounds), estimate(rounds))
  })

  test('is less sure when its processes disagree than when its rounds do', () => {
    const ofProcesses = estimate([Array(8).fill(1), Array(8).fill(1.2), Array(8).fill(1), Array(8).fill(1.2)])
    const ofRounds = estimate(Array.from({ length: 4 }, () => [1, 1.2, 1.1, 1.1, 1.1, 1.1, 1, 1.2]))
    assert.ok(ofProcesses.high - ofProcesses.low > ofRounds.high - ofRounds.low)
  })
})

describe('no difference is seen', () => {
  test('where the spread is wider than the difference, also when it leaves out the value of equals', () => {
    assert.equal(isDifferent({ median: 1.03, low: 0.99, high: 1.06, n: 9 }, 1), false)
    assert.equal(isDifferent({ median: 1.03, low: 1.01, high: 1.05, n: 9 }, 1), false)
    assert.equal(isDifferent({ median: 1.03, low: 1.02, high: 1.04, n: 9 }, 1), true)
    assert.equal(isDifferent({ median: 0.8, low: 0.75, high: 0.85, n: 9 }, 1), true)
    assert.equal(isDifferent({ median: 4, low: 2.5, high: 7, n: 9 }, 1), true)
    assert.equal(isDifferent({ median: 0.25, low: 0.14, high: 0.4, n: 9 }, 1), true)
    assert.equal(isDifferent({ median: 12, low: 11, high: 13, n: 9 }, 0), true)
    assert.equal(isDifferent({ median: 1, low: 1, high: 1, n: 9 }, 1), false)
  })

  test('and the tables say so', () => {
    assert.equal(
      comparison('cpu', { median: 1.03, low: 0.99, high: 1.06, n: 9 }),
      `${NO_DIFFERENCE} (0.990 to 1.060)`,
    )
    assert.equal(comparison('cpu', { median: 1.03, low: 1.02, high: 1.04, n: 9 }), '1.030 (1.020 to 1.040)')
    assert.equal(comparison('startup', { median: 12, low: 11, high: 13, n: 9 }), '+12.0 ms (11.0 to 13.0)')
  })
})

describe('an aim', () => {
  const figure = (rounds: Rounds): Figure => ({ value: 1, toBare: estimate(rounds), rounds })
  const results = (node: string, own: Rounds, others: Rounds): Results => ({
    node,
    date: '2026-01-01T00:00:00.000Z',
    command: 'npm run bench',
    machine: { cpu: 'any', cores: 2, memoryGiB: 4, system: 'Linux', loadBefore: 0 },
    cores: null,
    amount: { processes: 1, rounds: 2, requests: 1 },
    versions: {},
    cases: {
      success: { bare: {}, isolate: { cpu: figure(own) }, 'request-context': { cpu: figure(others) } },
    },
  })
  const verdicts = (node: string, own: Rounds, others: Rounds): Verdict[] =>
    AIMS.slice(0, 3).map((aim) => triage(aim, results(node, own, others)).verdict)
  const slow = [[1.1, 1.1, 1.1]]
  const slower = [[1.2, 1.2, 1.2]]

  test('has a limit for the Node', () => {
    assert.deepEqual(verdicts('24.1.0', slow, slower), ['not reached', 'reached', 'not measured'])
    assert.deepEqual(verdicts('22.1.0', slow, slower), ['reached', 'reached', 'not measured'])
    assert.equal(verdicts('26.1.0', [[1.03, 1.03, 1.03]], slow)[0], 'reached')
  })

  test('is reached or missed by the median where the interval holds the limit', () => {
    assert.equal(verdicts('24.1.0', [[1.025, 1.035, 1.045]], slow)[0], 'missed by the median')
    assert.equal(verdicts('24.1.0', [[1.02, 1.025, 1.035]], slow)[0], 'reached by the median')
  })

  test('is too close to tell where no difference was seen either', () => {
    assert.equal(verdicts('24.1.0', [[0.9, 1.02, 1.1]], slow)[0], 'too close to tell')
  })

  test('can be to be below another', () => {
    assert.equal(verdicts('24.1.0', slower, slow)[1], 'not reached')
    assert.equal(verdicts('24.1.0', [[1, 1.3, 1.1]], [[1.2, 1.15, 1.12]])[1], 'too close to tell')
  })
})

test('arrivals come at their rate, fail by their share, and are the same for the same seed', () => {
  const arrivals = arrivalsOf(10_000, 500, 0.2, 7)
  const seconds = (arrivals.at(-1)?.at ?? 0) / 1000
  const share = arrivals.filter(({ fails }) => fails).length / arrivals.length
  assert.ok(seconds > 18 && seconds < 22, `${seconds} s`)
  assert.ok(share > 0.18 && share < 0.22, `${share} fail`)
  assert.deepEqual(arrivalsOf(10_000, 500, 0.2, 7), arrivals)
  const healthy = arrivalsOf(10_000, 500, 0, 7)
  assert.deepEqual(
    healthy.map(({ at }) => at),
    arrivals.map(({ at }) => at),
  )
})

test('lists of cores are read as Linux writes them', () => {
  assert.deepEqual(coresIn('0-2,5,7-8'), [0, 1, 2, 5, 7, 8])
  assert.deepEqual(coresIn('3'), [3])
})
