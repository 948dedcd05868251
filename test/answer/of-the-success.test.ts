import assert from 'node:assert/strict'
import { STATUS_CODES } from 'node:http'
import { test } from 'node:test'
import { Agent, fetch } from 'undici'
import { startFixture } from '../support/child.ts'

const GONE = ['cache-control', 'content-disposition', 'location', 'trailer']
const WAYS = ['thrown', 'escaped', 'hijacked', 'sending', 'stream', 'refused']

test('no way of answering keeps the head of the success', async (t) => {
  const child = await startFixture(t, 'answers-of-success')
  for (const place of ['reply', 'raw']) {
    for (const [way, isCompressed] of WAYS.flatMap((each) => [
      [each, false] as const,
      [each, true] as const,
    ])) {
      const name = `${way}, set on the ${place}, ${isCompressed ? 'compressed' : 'plain'}`
      // each request has the connection of the one before it, which a wrong length would spoil
      const dispatcher = new Agent({ connections: 1 })
      t.after(() => dispatcher.destroy())
      const ask = (path: string) =>
        fetch(`http://127.0.0.1:${child.port}${path}`, {
          dispatcher,
          headers: { 'x-name': name, ...(isCompressed ? { 'x-gzip': 'yes' } : {}) },
        })
      const asked = ask(`/${way}/${place}`)
      if (way === 'refused') {
        await child.line((line) => line.waits === name)
        await child.ask('/refuse')
      }
      const response = await asked
      const { status, statusText, headers } = response
      const body = await response.text()
      assert.equal(status, way === 'refused' ? 503 : 500, name)
      assert.equal(statusText, STATUS_CODES[status], name)
      assert.equal(JSON.parse(body).message, STATUS_CODES[status], name)
      assert.deepEqual(
        GONE.filter((each) => headers.has(each)),
        [],
        name,
      )
      const goesThroughHooks = way === 'thrown' || way === 'escaped'
      assert.equal(headers.get('content-encoding'), isCompressed && goesThroughHooks ? 'gzip' : null, name)
      // one of them, and never both
      assert.notEqual(headers.has('content-length'), headers.has('transfer-encoding'), name)
      assert.equal(await (await ask('/fine')).text(), 'fine', name)
      await dispatcher.close()
    }
  }
})
