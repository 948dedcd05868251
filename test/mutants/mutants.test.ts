import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { mutants, mutate, sourceOf } from './mutants.ts'

test('every deliberate fault still has its place in the source, and the tests that are to notice it', () => {
  for (const mutant of mutants) {
    assert.notEqual(mutate(mutant), sourceOf(mutant), mutant.name)
    for (const name of mutant.tests) {
      assert.ok(existsSync(new URL(`../${name}.test.ts`, import.meta.url)), `${mutant.name}: ${name}`)
    }
  }
})

test('the names of deliberate faults are their own', () => {
  const names = mutants.map(({ name }) => name)
  assert.deepEqual(names, [...new Set(names)])
})
