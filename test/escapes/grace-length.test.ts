import assert from 'node:assert/strict'
import { test } from 'node:test'
import { graceLength } from '../../src/escapes/grace-length.ts'
import type { ResolvedGrace } from '../../src/options/resolved.ts'
import type { RequestContext } from '../../src/request/context.ts'
import { LongestAnswer } from '../../src/request/longest-answer.ts'

/** A request on a route whose longest good answer took so many milliseconds. */
function requestAfter(longest: number, grace: ResolvedGrace): RequestContext {
  const longestAnswer = new LongestAnswer()
  longestAnswer.add(longest, Date.now())
  const awaited = new Promise(() => {})
  return { route: { grace, longestAnswer }, awaited, bytesSent: -1 } as unknown as RequestContext
}

const DEFAULT = { rejection: 10_000, exception: 1_000 }

test('both graces are lengthened to twice the longest good answer', () => {
  const request = requestAfter(8_000, DEFAULT)
  assert.equal(graceLength(request, 'rejection'), 16_000)
  assert.equal(graceLength(request, 'exception'), 16_000)
})

test('a grace that is longer already stays', () => {
  const request = requestAfter(600, DEFAULT)
  assert.equal(graceLength(request, 'rejection'), 10_000)
  assert.equal(graceLength(request, 'exception'), 1_200)
})

test('a grace is lengthened to half a minute at most, and never shortened to it', () => {
  assert.equal(graceLength(requestAfter(3_600_000, DEFAULT), 'rejection'), 30_000)
  assert.equal(graceLength(requestAfter(3_600_000, { rejection: 1, exception: 40_000 }), 'exception'), 40_000)
})

test('a number is never lengthened', () => {
  const request = requestAfter(8_000, 500)
  assert.equal(graceLength(request, 'rejection'), 500)
  assert.equal(graceLength(request, 'exception'), 500)
})
