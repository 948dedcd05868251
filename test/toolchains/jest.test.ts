import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runTool } from './support/run-tool.ts'

/** Jest loads packages as CommonJS unless it is told otherwise. */

const JEST = 'jest/bin/jest.js'

test('Jest runs tests in JavaScript with its own settings', async () => {
  const { code, output } = await runTool('plain-jest', JEST)
  assert.equal(code, 0, output)
  assert.match(output, /^Tests: +2 passed, 2 total$/m)
})

test('Jest runs the unit tests of a Nest application as `nest new` sets it up', async () => {
  const { code, output } = await runTool('nest', JEST)
  assert.equal(code, 0, output)
  assert.match(output, /^Tests: +1 passed, 1 total$/m)
})

test('Jest runs the end-to-end tests of a Nest application as `nest new` sets it up', async () => {
  const { code, output } = await runTool('nest', JEST, '--config', 'test/jest-e2e.json')
  assert.equal(code, 0, output)
  assert.match(output, /^Tests: +2 passed, 2 total$/m)
})

test('the compiler of a Nest application accepts it', async () => {
  const { code, output } = await runTool('nest', 'typescript/bin/tsc', '--noEmit', '--types', 'jest')
  assert.equal(code, 0, output)
})

test('TypeScript 5 accepts it under `module: node16`, in CommonJS', async () => {
  const { code, output } = await runTool(
    'nest',
    'typescript/bin/tsc',
    '--noEmit',
    '--types',
    'jest',
    '--module',
    'node16',
    '--moduleResolution',
    'node16',
  )
  assert.equal(code, 0, output)
})
