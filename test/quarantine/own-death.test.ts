import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownDeath } from '../../src/quarantine/own-death.ts'
import { report } from '../support/crash-report.ts'

const about = { id: 'life', build: 'build', listenedAt: 0 }

test('a fatal fault of a request is a death of its route, and a recycle is none', () => {
  const inFlight = [{ id: 'r', method: 'GET', route: undefined, age: 1 }]
  const told = { ...report(), inFlight, inFlightTotal: 1 }
  assert.equal(ownDeath(told, about)?.culprit, 'GET 404')
  assert.equal(ownDeath({ ...told, reason: 'recycle' }, about), undefined)
  assert.equal(ownDeath({ ...told, fault: null }, about), undefined)
  assert.equal(
    ownDeath({ ...told, inFlight: [], inFlightTotal: 0 }, about),
    undefined,
    'its request had ended',
  )
  const fault = { ...told.fault!, attributedTo: 'connection' } as const
  assert.equal(ownDeath({ ...told, fault }, about), undefined)
})
