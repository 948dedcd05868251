import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NewFault } from '../../src/fault/new-fault.ts'
import { describeFault } from '../../src/log/describe-fault.ts'
import { RunawayError } from '../../src/runaway/runaway-error.ts'
import { faultRequest } from '../support/fault-request.ts'

const request = faultRequest({ url: '/loop?n=1', route: '/loop' })
const error = Object.assign(new RunawayError(1380), {
  stack:
    'RunawayError: blocked the event loop for 1380 ms\n    at spin (/srv/app.js:3:5)\n    at main (/srv/app.js:9:1)',
})

test('the line of a runaway says what happened, to whom, and where', () => {
  const runaway = { error, origin: 'runaway', attributedTo: 'context', request: undefined } as const
  const what = 'blocked the event loop for 1380 ms and was ended'
  assert.equal(
    describeFault(new NewFault({ ...runaway, request }, true)),
    `GET /loop ${what} at spin (/srv/app.js:3:5)`,
  )
  assert.equal(
    describeFault(new NewFault({ ...runaway, job: 'nightly' }, true)),
    `job nightly ${what} at spin (/srv/app.js:3:5)`,
  )
  const withoutStack = Object.assign(new RunawayError(1380), { stack: '' })
  assert.equal(
    describeFault(new NewFault({ ...runaway, error: withoutStack }, true)),
    `code of no request ${what}`,
  )
})
