import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { transformSync } from 'esbuild'
import { temporaryFolder } from '../support/folder.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PACKAGES = join(ROOT, 'node_modules')
const JSON_TYPE = 'application/json; charset=utf-8'
const HTML_TYPE = 'text/html; charset=utf-8'

interface Seen {
  answers: {
    expose: boolean
    accept: string
    statusCode: number
    type: string
    body: string
    isYouchLoaded: boolean
  }[]
  warnings: string[]
}

/** Runs the fixture from a folder whose packages are the installed ones, with another `youch` or none at all. */
async function seenWith(t: TestContext, youch: string | undefined): Promise<Seen> {
  const folder = temporaryFolder(t)
  const packages = join(folder, 'node_modules')
  mkdirSync(packages)
  for (const name of readdirSync(PACKAGES)) {
    if (!name.startsWith('youch')) symlinkSync(join(PACKAGES, name), join(packages, name))
  }
  if (youch !== undefined) {
    mkdirSync(join(packages, 'youch'))
    writeFileSync(join(packages, 'youch', 'package.json'), '{"type":"module","exports":"./index.js"}')
    writeFileSync(join(packages, 'youch', 'index.js'), youch)
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  for (const path of ['src', 'test/fixtures/page-loads.ts']) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true })
  }
  const script = join(folder, 'test', 'fixtures', 'page-loads.ts')
  const { NODE_TEST_CONTEXT: _context, NODE_V8_COVERAGE: _coverage, ...env } = process.env
  const { stdout } = await promisify(execFile)(process.execPath, [...TYPESCRIPT, script], { env })
  return JSON.parse(stdout)
}

function isExposedJson(body: string): boolean {
  return JSON.parse(body).message === 'hunter2'
}

describe('youch', () => {
  it('is loaded for the first page, and never without `expose`', async (t) => {
    const metadata = '{ group() { return this } }'
    const { answers, warnings } = await seenWith(
      t,
      `globalThis.isYouchLoaded = true
       export class Youch {
         metadata = ${metadata}
         templates = { injectStyles() {} }
         defineSourceLoader() {}
         useTransformer() {}
         async toHTML(error) { return 'the page of ' + error.message }
       }`,
    )
    assert.deepEqual(
      answers.map(({ expose, type, isYouchLoaded }) => [expose, type, isYouchLoaded]),
      [
        [false, JSON_TYPE, false],
        [false, JSON_TYPE, false],
        [false, JSON_TYPE, false],
        [true, JSON_TYPE, false],
        [true, HTML_TYPE, true],
        [true, HTML_TYPE, true],
      ],
    )
    for (const { expose, statusCode, body } of answers) {
      assert.equal(statusCode, 500)
      assert.equal(body.includes('hunter2'), expose)
    }
    assert.equal(answers[5]?.body, 'the page of hunter2')
    assert.deepEqual(warnings, [])
  })

  it('is nothing that a bundler would look for', () => {
    const source = readFileSync(join(ROOT, 'src', 'answer', 'youch.ts'), 'utf8')
    const { code } = transformSync(source, { loader: 'ts' })
    assert.match(code, /import\(/)
    assert.doesNotMatch(code, /(?:import\(|from )['"]youch/)
  })

  for (const [what, source, warning] of [
    ['is not installed', undefined, /`npm install youch` makes such pages \| Cannot find package 'youch'/],
    ['fails to load', 'throw new Error("broken")', /youch failed.*`npm install youch`.* \| broken$/],
    ['is of another version', 'export default class {}', /youch failed.*`npm install youch`/],
  ] as const) {
    it(`${what}: JSON is sent, and the log says so once`, async (t) => {
      const { answers, warnings } = await seenWith(t, source)
      assert.deepEqual(
        answers.map(({ statusCode, type }) => [statusCode, type]),
        answers.map(() => [500, JSON_TYPE]),
      )
      assert.deepEqual(
        answers.map(({ body }) => isExposedJson(body)),
        [false, false, false, true, true, true],
      )
      assert.equal(warnings.length, 1)
      assert.match(warnings[0] as string, warning)
    })
  }
})
