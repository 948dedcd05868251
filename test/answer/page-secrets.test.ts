import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/folder.ts'

const BROWSER = { accept: 'text/html' }
/** Made here, for a page shows the source around the line that failed. */
const SECRET = ['hun', 'ter2'].join('')

async function pageOf(t: TestContext, error: unknown, headers: Record<string, string> = {}, url = '/x') {
  const test = testApp(t, { isolate: { expose: true }, fastify: { requestIdHeader: 'x-request-id' } })
  test.app.get('/x', async () => {
    throw error
  })
  const answer = await test.app.inject({ url, headers: { ...BROWSER, ...headers } })
  assert.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
  assert.deepEqual(
    test.troubleLines().map(({ fault }) => typeof fault),
    ['object'],
    'the fault has its line, and youch did not fail',
  )
  return answer.body
}

/** The text of a page, whose words of source code are marked up. */
function textOf(body: string): string {
  return body.replace(/<[^>]*>/g, '')
}

function hasNoSecret(body: string): void {
  assert.equal(
    textOf(body)
      .split('\n')
      .find((line) => line.includes(SECRET)),
    undefined,
  )
  assert.ok(!body.includes(SECRET))
}

/** An Error with the message `forged` whose stack was made by somebody else. */
function forged(...frames: string[]): Error {
  const error = new Error('forged')
  error.stack = ['Error: forged', ...frames.map((frame) => `    at ${frame}`)].join('\n')
  return error
}

describe('what a page must not show', () => {
  it('is what the request and the environment hold', async (t) => {
    const headers = { authorization: `Bearer ${SECRET}`, cookie: `session=${SECRET}`, 'x-api-key': SECRET }
    process.env.PAGE_TEST = SECRET
    t.after(() => delete process.env.PAGE_TEST)
    const body = await pageOf(t, new Error('shown'), headers, `/x?token=${SECRET}`)
    hasNoSecret(body)
  })

  it('is what the error has as properties', async (t) => {
    const error = Object.assign(new Error('shown', { cause: Object.assign(new Error('why'), secretive()) }), {
      ...secretive(),
      hint: SECRET,
      help: SECRET,
      stacktrace: SECRET,
    })
    const body = await pageOf(t, error)
    assert.match(body, /shown/)
    assert.match(body, /why/)
    hasNoSecret(body)
  })

  it('is a file that is no source code, whatever the stack says', async (t) => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, '.env'), `KEY=${SECRET}`)
    writeFileSync(join(folder, 'keys.json'), JSON.stringify(SECRET))
    const urls = ['.env', 'keys.json'].map((name) => pathToFileURL(join(folder, name)).href)
    const paths = [join(folder, '.env'), ...urls].map((file) => `fail (${file}:1:1)`)
    hasNoSecret(await pageOf(t, forged(...paths)))
  })

  it('is a file that a message names as if it were a frame', async (t) => {
    const folder = temporaryFolder(t)
    const file = join(folder, 'inner.js')
    writeFileSync(file, `const key = '${SECRET}'`)
    const error = new Error(`upstream said:\n    at fail (${file}:1:1)`)
    hasNoSecret(await pageOf(t, error))
    const body = await pageOf(t, forged(`fail (${file}:1:1)`))
    assert.ok(textOf(body).includes(SECRET), 'what a frame names is shown')
  })
})

function secretive(): object {
  return { config: { headers: { authorization: SECRET } }, password: SECRET }
}

describe('what cannot break a page', () => {
  const MARKUP = `" onclick=alert(1) '><script>alert(1)</script><img src=x onerror=alert(1)>`
  const markups: [string, unknown, Record<string, string>?][] = [
    ['the message', new Error(MARKUP)],
    ['the name', Object.assign(new Error('x'), { name: MARKUP })],
    ['the code', Object.assign(new Error('x'), { code: MARKUP })],
    ['a hint', Object.assign(new Error('x'), { hint: MARKUP })],
    ['the cause', new Error('x', { cause: MARKUP })],
    ['the name of a function', forged(`${MARKUP} (/app/x.js:1:1)`)],
    ['the name of a file', forged(`fail (/app/${MARKUP}.js:1:1)`, `fail (node:${MARKUP}:1:1)`)],
    ['the id of the request', new Error('x'), { 'x-request-id': MARKUP }],
    ['a comment that youch looks for', new Error('<!-- SCRIPTS --><!-- STYLES -->$&')],
  ]
  for (const [place, error, headers] of markups) {
    it(`is markup in ${place}`, async (t) => {
      const body = await pageOf(t, error, headers)
      assert.doesNotMatch(body, /<script>|<img|<!-- S/)
      const tags = body.replace(/="[^"]*"/g, '=""')
      assert.doesNotMatch(tags, /<[a-z][^<>]*onclick=alert/, 'no value of an attribute ended early')
    })
  }

  it('is a frame without a file, or with one that is not here', async (t) => {
    const frames = ['<anonymous>', 'new Promise (<anonymous>)', 'Array.map (<anonymous>:3:4)']
    const urls = ['f (file://elsewhere/x.js:1:1)', 'f (file:///a%2Fb.js:1:1)', 'f (https://x.test/y.js:1:1)']
    const evaluated = 'eval (eval at f (file:///app/a.js:1:1), <anonymous>:1:7)'
    const odd = ['async Promise.all (index 0)', 'native', '', 'f (:1:1)', '\\\\?\\C:\\x.js:1:1']
    const body = await pageOf(t, forged(...frames, ...urls, evaluated, ...odd))
    assert.match(body, /elsewhere/)
  })

  it('is a frame whose file is shorter now, a folder, a pipe or too long', async (t) => {
    const folder = temporaryFolder(t)
    const [short, directory, pipe, long] = ['short', 'directory', 'pipe', 'long'].map((name) =>
      join(folder, `${name}.js`),
    ) as [string, string, string, string]
    writeFileSync(short, '')
    mkdirSync(directory)
    execFileSync('mkfifo', [pipe])
    writeFileSync(long, 'too long '.repeat(1_000_000))
    const body = await pageOf(t, forged(`f (${short}:99:1)`, `f (${directory}:1:1)`, `f (${pipe}:1:1)`, long))
    assert.match(body, /pipe\.js/)
    assert.doesNotMatch(await pageOf(t, forged(`f (${long}:1:1)`)), /too long/)
  })

  it('is a source of one long line', async (t) => {
    const file = join(temporaryFolder(t), 'bundle.js')
    writeFileSync(file, 'let a = "x";'.repeat(50_000))
    const body = await pageOf(t, forged(...new Array(1000).fill(`f (${file}:1:1)`)))
    assert.ok(body.length < 1_000_000, `${body.length} characters`)
  })

  it('is size', async (t) => {
    const long = 'x'.repeat(5_000_000)
    const error = new Error(long)
    error.name = long
    error.stack = `${error.stack}\n    at ${long} (/app/x.js:1:1)\n${'    at f (/app/x.js:1:1)\n'.repeat(100_000)}`
    let chain: Error = error
    for (let i = 0; i < 5_000; i += 1) chain = new Error(`link ${i}`, { cause: chain })
    const errors = Array.from({ length: 5_000 }, () => new AggregateError([error, error], long))
    for (const one of [error, chain, new AggregateError(errors, long, { cause: chain })]) {
      const body = await pageOf(t, one)
      assert.ok(body.length < 1_500_000, `${body.length} characters`)
    }
  })
})
