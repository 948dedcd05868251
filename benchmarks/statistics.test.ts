import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AIMS, type Aim, triage, type Verdict } from './aims.ts'
import { groupsOf } from './cases.ts'
import { countIn } from './instructions.ts'
import { arrivalsOf } from './load.ts'
import { coresIn } from './machine.ts'
import type { Figures, Results } from './results.ts'
import { isPassed, type SelfTest, selfTestTable } from './self-test.ts'
import { compare, type Estimate, isDifferent, quietest, type Rounds } from './statistics.ts'
import { aimsTable, comparison } from './tables.ts'
import { BARE } from './variants.ts'

test('the quietest rounds are the lowest quarter, of all processes together', () => {
  const rounds = [
    [4, 1, 9, 9],
    [9, 9, 2, 9],
  ]
  assert.equal(quietest(rounds), 1.5)
  assert.equal(quietest([[3]]), 3)
})

describe('a comparison', () => {
  const noisy = [
    [10, 10, 90, 10],
    [10, 70, 10, 10],
    [10, 10, 10, 50],
  ]
  const scaled = (factor: number): Rounds => noisy.map((list) => list.map((value) => value * factor))

  test('is the ratio or the difference of the quietest rounds, whatever the others are', () => {
    assert.deepEqual(compare(scaled(1.5), noisy, 1), { value: 1.5, low: 1.5, high: 1.5 })
    assert.deepEqual(compare(scaled(1.5), noisy, 0), { value: 5, low: 5, high: 5 })
  })

  test('is less sure when its processes disagree than when its rounds do', () => {
    const processes = [Array(8).fill(1), Array(8).fill(1.2), Array(8).fill(1), Array(8).fill(1.2)]
    const rounds = Array.from({ length: 4 }, () => [1, 1.2, 1, 1.2, 1, 1.2, 1, 1.2])
    const same = Array.from({ length: 4 }, () => Array(8).fill(1))
    const widthOf = (own: Rounds): number => {
      const { low, value, high } = compare(own, same, 1)
      assert.ok(low <= value && value <= high, `${low} ${value} ${high}`)
      return high - low
    }
    assert.ok(widthOf(processes) > widthOf(rounds))
  })

  test('is the same each time', () => {
    const own = [
      [1, 1.2],
      [0.9, 1.3],
    ]
    assert.deepEqual(compare(own, noisy, 1), compare(own, noisy, 1))
  })

  test('of one that had fewer processes is with those that ran beside them', () => {
    assert.equal(compare([[2]], [[1], [0.5]], 1).value, 2)
  })

  test('sees a difference where the interval leaves out what equals give', () => {
    assert.equal(isDifferent({ value: 1.03, low: 0.99, high: 1.06 }, 1), false)
    assert.equal(isDifferent({ value: 1.03, low: 1.01, high: 1.05 }, 1), true)
    assert.equal(isDifferent({ value: 0.8, low: 0.75, high: 0.85 }, 1), true)
    assert.equal(isDifferent({ value: -1, low: -2, high: 1 }, 0), false)
  })

  test('is printed with its interval, and with its unit where it is a difference', () => {
    assert.equal(comparison('cpu', { value: 1.03, low: 1.02, high: 1.04 }), '1.030 (1.020 to 1.040)')
    assert.equal(comparison('startup', { value: 12, low: 11, high: 13 }), '+12.0 ms (11.0 to 13.0)')
  })
})

describe('an aim', () => {
  const figure = (own: readonly number[]): Figures => {
    const rounds = own.map((value) => [value])
    return { cpu: { value: 1, toBare: compare(rounds, [[1], [1], [1]], 1), rounds } }
  }
  const results = (node: string, own: readonly number[], others: readonly number[]): Results => ({
    node,
    date: '2026-01-01T00:00:00.000Z',
    command: 'npm run bench',
    machine: { cpu: 'any', cores: 2, memoryGiB: 4, system: 'Linux', loadBefore: 0 },
    isPinned: true,
    uncounted: null,
    amount: { processes: 3, rounds: 1, requests: 1 },
    versions: {},
    cases: { success: { isolate: figure(own), 'request-context': figure(others) } },
  })
  const verdict = (node: string, own: readonly number[], to = BARE, others = [1.1, 1.1, 1.1]): Verdict => {
    const aim = AIMS.find((aim) => aim.case === 'success' && aim.variant === 'isolate' && aim.to === to)
    return triage(aim as Aim, results(node, own, others)).verdict
  }

  test('has a limit for the Node, and a later Node has that of the last', () => {
    assert.equal(verdict('24.1.0', [1.1, 1.1, 1.1]), 'not reached')
    assert.equal(verdict('22.1.0', [1.1, 1.1, 1.1]), 'reached')
    assert.equal(verdict('27.0.0', [1.03, 1.03, 1.03]), 'reached')
    assert.equal(verdict('27.0.0', [1.04, 1.04, 1.04]), 'not reached')
  })

  test('is reached or missed by the value where a narrow interval holds the limit', () => {
    assert.equal(verdict('24.1.0', [1.025, 1.025, 1.035]), 'reached by the value')
    assert.equal(verdict('24.1.0', [1.031, 1.029, 1.034], 'request-context', [1, 1, 1]), 'not reached')
    assert.equal(
      verdict('24.1.0', [0.99, 1.005, 1.005], 'request-context', [1, 1, 1]),
      'reached by the value',
    )
  })

  test('is too close to tell where a wide one does', () => {
    assert.equal(verdict('24.1.0', [1, 1.1, 1.2]), 'too close to tell')
  })

  test('can be to be below another', () => {
    assert.equal(verdict('24.1.0', [1.2, 1.2, 1.2], 'request-context'), 'not reached')
    assert.equal(verdict('24.1.0', [1.05, 1.05, 1.05], 'request-context'), 'reached')
  })

  test('that was not measured is told apart, and not counted', () => {
    const table = aimsTable([results('24.1.0', [1.1, 1.1, 1.1], [1.2, 1.2, 1.2])])
    assert.match(table, /import \+ register +\| +not measured \|/)
    assert.match(table, /Of 2 rows 1 are reached, 1 are not, and 0 are too close to tell/)
  })
})

test('the self-test passes where equals come out equal and the dearer one dearer, each time', () => {
  const equal = { value: 1.004, low: 0.996, high: 1.012 }
  const dearer = { value: 1.019, low: 1.011, high: 1.03 }
  const of = (twin: Estimate, costly: Estimate): SelfTest => ({
    node: '24.1.0',
    date: '2026-01-01T00:00:00.000Z',
    runs: [
      { twin: equal, costly: dearer },
      { twin, costly },
    ],
  })
  assert.equal(isPassed(of(equal, dearer)), true)
  assert.equal(isPassed(of({ value: 1.011, low: 0.99, high: 1.02 }, dearer)), false)
  assert.equal(isPassed(of({ value: 0.989, low: 0.98, high: 1.01 }, dearer)), false)
  assert.equal(isPassed(of(equal, { value: 1.02, low: 0.99, high: 1.04 })), false)
  assert.match(selfTestTable(of(equal, equal)), /1\.004 \(0\.996 to 1\.012\), NOT told apart/)
})

test('cases that need the same process have it one after the other', () => {
  assert.deepEqual(groupsOf(['logged', 'success', 'fails', 'seldom', 'mixed', 'silent']), [
    ['logged', 'fails'],
    ['success', 'silent'],
    ['seldom'],
    ['mixed'],
  ])
})

describe('what perf prints', () => {
  test('has the number of instructions', () => {
    assert.equal(countIn('183476,,instructions:u,1048576,100.00,,\n'), 183476)
    assert.equal(countIn('Events disabled\n88.72,msec,task-clock,88,100.00,0.4,CPUs utilized\n'), 88.72)
  })

  test('has none where they are not counted', () => {
    assert.equal(countIn('<not supported>,,instructions:u,0,100.00,,\n'), undefined)
    assert.equal(countIn('<not counted>,,instructions:u,0,100.00,,\n'), undefined)
    assert.equal(countIn('No permission to enable instructions:u event.\n'), undefined)
    assert.equal(countIn(''), undefined)
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
