import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { phraseOf } from '../../src/answer/phrase.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'

test("each status has Node's phrase, and one without a phrase that of 500", () => {
  for (let statusCode = 500; statusCode < 600; statusCode += 1) {
    assert.equal(phraseOf(statusCode), STATUS_CODES[statusCode] ?? 'Internal Server Error')
  }
})

test('there is a phrase while http-errors cannot be loaded, and the right one afterwards', async () => {
  const source = JSON.stringify(new URL('../../src/answer/phrase.ts', import.meta.url).href)
  const folder = JSON.stringify(mkdtempSync(join(tmpdir(), 'isolate-')))
  // one of its dependencies asks for the working directory
  const code = `import fs from 'node:fs'
    const { phraseOf } = await import(${source})
    process.chdir(${folder})
    fs.rmdirSync(${folder})
    console.log(phraseOf(503))
    process.chdir('/')
    console.log(phraseOf(503))`
  const args = [...TYPESCRIPT, '--input-type=module', '-e', code]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  assert.equal(stdout, 'Internal Server Error\nService Unavailable\n')
})
