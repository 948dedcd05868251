import { describe, test } from 'node:test'
import { runaways } from '../fixtures/runaway-catalogue.ts'
import { checkKilled } from '../support/runaways.ts'

describe('no JavaScript can be interrupted, and the process is killed', { concurrency: true }, () => {
  for (const [name, expected] of Object.entries(runaways.killed)) {
    test(name, (t) => checkKilled(t, name, expected))
  }
})
