import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LongestAnswer } from '../../src/request/longest-answer.ts'

const MINUTE = 60_000
const START = Date.UTC(2026, 0, 1)
const at = (minutes: number): number => START + minutes * MINUTE

test('the longest answer counts, not the last one', () => {
  const longest = new LongestAnswer()
  assert.equal(longest.at(at(0)), 0)
  longest.add(5, at(0))
  longest.add(7, at(1))
  longest.add(6, at(2))
  assert.equal(longest.at(at(3)), 7)
})

test('an answer is remembered for ten minutes, and forgotten after twenty', () => {
  const longest = new LongestAnswer()
  longest.add(1, at(0))
  longest.add(8_000, at(9))
  for (let minute = 10; minute < 19; minute += 1) {
    longest.add(1, at(minute))
    assert.equal(longest.at(at(minute)), 8_000)
  }
  longest.add(2, at(21))
  assert.equal(longest.at(at(21)), 2)
})

test('an answer is forgotten where no other one came', () => {
  const longest = new LongestAnswer()
  longest.add(8_000, at(0))
  assert.equal(longest.at(at(10)), 8_000)
  assert.equal(longest.at(at(20)), 0)
  longest.add(1, at(60))
  assert.equal(longest.at(at(60)), 1)
})
