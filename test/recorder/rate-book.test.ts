import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readHalves, TwoHalves } from '../../src/flight/two-halves.ts'
import { isDue } from '../../src/recorder/copier.ts'
import { RateBook } from '../../src/recorder/rate-book.ts'

function read(book: RateBook) {
  const body = Buffer.alloc(1_000)
  const length = book.fill(body)
  // what is a moment ago weighs a little less
  const floats = Array.from({ length: length / 8 }, (_, i) => Math.round(body.readDoubleLE(i * 8)))
  const [observed, until, ...rest] = floats
  const rates = Array.from({ length: rest.length / 3 }, (_, i) => rest.slice(i * 3, i * 3 + 3))
  return { observed, until, rates: rates.sort(([a = 0], [b = 0]) => a - b) }
}

test('a route counts for as long as it stands in the file, and as the newest while no newer one does', () => {
  const book = new RateBook(0)
  book.endInterval(100, [])
  book.beginInterval(new Set([1, 2]), 2)
  book.endInterval(200, [
    { pair: 3, at: 120, goneAt: 140 },
    { pair: 3, at: 130, goneAt: Number.POSITIVE_INFINITY },
    { pair: 1, at: 190, goneAt: 195 },
  ])
  book.beginInterval(new Set(), undefined)
  book.endInterval(400, [])
  assert.deepEqual(read(book), {
    observed: 400,
    until: 400,
    rates: [
      [1, 100, 5],
      // until 120, and from 195 on
      [2, 100, 25],
      [3, 80, 70],
    ],
  })
})

test('a clock that is set back loses what it was set back over, and nothing that follows', () => {
  const book = new RateBook(10_000_000)
  for (const now of [0, 100, 200]) {
    book.beginInterval(new Set([1]), 1)
    book.endInterval(now, [])
  }
  assert.deepEqual(read(book), { observed: 200, until: 200, rates: [[1, 200, 200]] })
  const looks = [isDue(1_000, 100, 1_099), isDue(1_000, 100, 1_100), isDue(10_000_000, 100, 1_000)]
  assert.deepEqual(looks, [false, true, true])
})

test('an idle night does not make a route look seldom that is busy now', () => {
  const HOUR = 3_600_000
  const book = new RateBook(0)
  let now = 0
  const live = (milliseconds: number, step: number, isBusy: (i: number) => boolean): void => {
    for (let i = 0; i < milliseconds / step; i += 1) {
      book.beginInterval(new Set(isBusy(i) ? [1] : []), isBusy(i) ? 1 : undefined)
      now += step
      book.endInterval(now, [])
    }
  }
  // nine intervals of ten for a day, and none for the rest of the week: past what the weights can hold
  live(24 * HOUR, 60_000, (i) => i % 10 !== 0)
  live(6 * 24 * HOUR, 60_000, () => false)
  const night = read(book)
  assert.ok((night.rates[0]?.[1] ?? 0) < 1, `${night.rates[0]?.[1]} ms of a week ago`)
  // the host slept for a month, too
  live(720 * HOUR, 720 * HOUR, () => false)
  live(HOUR, 40, (i) => i % 10 !== 0)
  const { observed = 0, until, rates } = read(book)
  const [[, shown = 0, newest = 0] = []] = rates
  assert.equal(until, now)
  for (const share of [shown / observed, newest / observed]) {
    assert.ok(Math.abs(share - 0.9) < 0.02, `in flight ${share} of the time`)
  }
})

test('whenever the process dies, one of two halves is whole', () => {
  const file = Buffer.alloc(200)
  const halves = new TwoHalves(0, 100, (bytes, at) => file.set(bytes, at))
  for (const text of ['first', 'second', 'third']) halves.write(halves.body.write(text))
  assert.equal(readHalves(file, 0, 100, 0)?.toString(), 'third')
  // the write of the third was cut
  file.fill(0, 100 + 8 + 2, 100 + 8 + 5 + 4)
  assert.equal(readHalves(file, 0, 100, 0)?.toString(), 'second')
  assert.equal(readHalves(Buffer.alloc(3), 0, 100, 0), undefined)
})
