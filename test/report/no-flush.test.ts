import assert from 'node:assert/strict'
import fs, { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { FlightFile } from '../../src/flight/flight-file.ts'
import { writeWholeFile } from '../../src/whole-file.ts'
import { temporaryFolder } from '../support/folder.ts'

test("files are written where Node's permission model forbids to flush them, and not where a disk fails", (t) => {
  const folder = temporaryFolder(t)
  let code = 'ERR_ACCESS_DENIED'
  const refuse = (): never => {
    throw Object.assign(new Error('fsync API is disabled when Permission Model is enabled.'), { code })
  }
  const mocks = [t.mock.method(fs, 'fsyncSync', refuse), t.mock.method(fs, 'fdatasyncSync', refuse)]
  syncBuiltinESMExports()
  t.after(() => {
    for (const { mock } of mocks) mock.restore()
    syncBuiltinESMExports()
  })
  const path = join(folder, 'report.json')
  assert.equal(writeWholeFile(path, `${path}.tmp`, 'whole'), true)
  assert.equal(readFileSync(path, 'utf8'), 'whole')

  const failures: unknown[] = []
  const file = new FlightFile(join(folder, 'flight-1-1.bin'), (error) => failures.push(error))
  file.open(folder)
  file.sync()
  assert.deepEqual([file.isOpen, failures], [true, []])
  code = 'EIO'
  assert.throws(() => writeWholeFile(path, `${path}.tmp`, 'other'), { code })
  file.sync()
  assert.deepEqual([file.isOpen, failures.length], [false, 1])
})
