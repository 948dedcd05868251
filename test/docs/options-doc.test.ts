import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultOf } from '../../scripts/options-doc/default.ts'
import { checkMilliseconds } from '../../src/options/check.ts'

const row = { check: checkMilliseconds, default: 1000 }

test('the default in the docs is the one in the table, and what the comment adds', () => {
  assert.equal(defaultOf('grace', row, 'How long. Default: 1 000.'), '1 000')
  assert.equal(defaultOf('grace', row, 'Default: 1 000, a second. Not more.'), '1 000, a second')
  assert.equal(defaultOf('log', { options: {} }, 'Default: those of its options.'), 'those of its options')
})

test('a comment with another default than the table is refused', () => {
  for (const text of [
    'Default: 10 000.',
    'Default: 1 0000.',
    'Default: 100.',
    'Default: none.',
    'No word.',
  ]) {
    assert.throws(() => defaultOf('grace', row, text), /^Error: The default of `grace` is 1 000, its comment/)
  }
})

test('a default that is another one in Kubernetes is shown with both', () => {
  const inKubernetes = {
    check: () => '',
    get default() {
      return process.env.KUBERNETES_SERVICE_HOST ? '/log' : undefined
    },
  }
  const text = "Default: `'/log'` in Kubernetes, none elsewhere."
  const before = { ...process.env }
  assert.equal(defaultOf('x', inKubernetes, text), "`'/log'` in Kubernetes, none elsewhere")
  assert.deepEqual({ ...process.env }, before)
})
