import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Agent, fetch, type Headers, type Response } from 'undici'
import { MASKED } from '../support/app.ts'
import { startFixture } from '../support/child.ts'

/** What `test/fixtures/raw-answer.ts` sets, and no client of a failed request may get. */
const GONE = [
  'accept-ranges',
  'age',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-location',
  'etag',
  'expires',
  'last-modified',
  'link',
  'location',
  'set-cookie',
]

type Ask = (path: string, headers: Record<string, string>) => Promise<Response>

/** A client that decodes what it gets, as browsers do. */
async function client(t: TestContext, http: '1' | '2'): Promise<Ask> {
  const { port } = await startFixture(t, 'raw-answer', { env: { HTTP: http } })
  const dispatcher = new Agent({ allowH2: http === '2', connect: { rejectUnauthorized: false } })
  t.after(() => dispatcher.destroy())
  const origin = `${http === '2' ? 'https' : 'http'}://127.0.0.1:${port}`
  return (path, headers) => fetch(`${origin}${path}`, { dispatcher, headers })
}

for (const [http, version] of [
  ['1', '1.1'],
  ['2', '2.0'],
] as const) {
  test(`HTTP/${http}`, async (t) => {
    const ask = await client(t, http)
    for (const place of ['reply', 'raw']) {
      await t.test(`an answer of the app has the headers that are set on the ${place}`, async () => {
        const { status, headers } = await ask('/fine', { 'x-set-on': place, 'x-cache': 'public' })
        assert.equal(status, 200)
        assert.deepEqual(headersOf(headers, [...GONE, 'cache-control']), [...GONE, 'cache-control'])
      })

      for (const path of ['/hook', '/hijacked', '/escaped']) {
        await t.test(`${path}: readable, without those that were set on the ${place}`, async () => {
          const response = await ask(path, { 'x-set-on': place, 'x-cache': 'public, max-age=60' })
          const { status, headers } = response
          const text = await response.text()
          assert.equal(status, 500)
          const { requestId, ...body } = JSON.parse(text)
          assert.equal(typeof requestId, 'string')
          assert.deepEqual(body, MASKED)
          assert.equal(headers.get('content-type'), 'application/json; charset=utf-8')
          assert.equal(headers.get('content-length'), String(Buffer.byteLength(text)))
          assert.deepEqual(headersOf(headers, [...GONE, 'cache-control']), [])
          assert.equal(headers.get('x-http-version'), version)
          assert.equal(headers.get('x-frame-options'), 'DENY')
          assert.equal(headers.get('access-control-allow-origin'), 'https://app.example')
          assert.equal(headers.get('vary'), 'Origin')
        })

        await t.test(`${path}: keeps a no-store that was set on the ${place}`, async () => {
          const response = await ask(path, { 'x-set-on': place, 'x-cache': 'no-store' })
          await response.text()
          assert.equal(response.status, 500)
          assert.equal(response.headers.get('cache-control'), 'no-store')
        })
      }
    }
  })
}

function headersOf(headers: Headers, names: readonly string[]): string[] {
  return names.filter((name) => headers.has(name))
}
