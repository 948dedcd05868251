import { test } from 'node:test'
import { runaways } from '../fixtures/runaway-catalogue.ts'
import { checkGroup } from '../support/runaways.ts'

test('a runaway costs one request: stages', (t) => checkGroup(t, runaways.stages))
