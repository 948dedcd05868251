import { test } from 'node:test'
import { runaways } from '../fixtures/runaway-catalogue.ts'
import { checkGroup } from '../support/runaways.ts'

test('a runaway costs one request: listeners', (t) => checkGroup(t, runaways.listeners))
