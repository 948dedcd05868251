import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FastifyReply } from 'fastify'
import { testApp, until } from '../support/app.ts'
import { connectRaw } from '../support/client.ts'

type MakeTrailer = (
  reply: FastifyReply,
  payload: unknown,
  done: (error: Error | null, value?: string) => void,
) => unknown

const boom = (): never => {
  throw new Error('boom')
}

const WAYS: Record<string, MakeTrailer> = {
  'that throws': boom,
  'that rejects': async () => boom(),
  'that calls done with an error': (_reply, _payload, done) => done(new Error('boom')),
  'that calls done and throws': (_reply, _payload, done) => {
    done(null, 'fine')
    boom()
  },
  'whose then throws': () => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable of an app may fail at this point
    then: boom,
  }),
}

describe('a function of a trailer', () => {
  it('may return null, or the reply', async (t) => {
    const test = testApp(t)
    test.app.get('/x', async (_request, reply) => {
      for (const [name, returned] of [
        ['x-null', null],
        ['x-reply', reply],
      ] as const) {
        reply.trailer(name, ((
          _reply: unknown,
          _payload: unknown,
          done: (error: null, value: string) => void,
        ) => {
          done(null, 'made')
          return returned
        }) as never)
      }
      return reply.send('fine')
    })
    const request = 'GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'
    const { received, closed } = await connectRaw(await test.listen(), request)
    await closed
    assert.match(received(), /\r\n4\r\nfine\r\n0\r\nx-null: made\r\nx-reply: made\r\n\r\n$/)
    assert.deepEqual(test.troubleLines(), [])
  })

  for (const [name, make] of Object.entries(WAYS)) {
    for (const kind of ['a text', 'a stream']) {
      it(`${name}, after ${kind}, is a fault, and the answer is whole`, async (t) => {
        const test = testApp(t)
        test.app.get('/x', async (_request, reply) => {
          reply.trailer('x-good', async () => 'good').trailer('x-bad', make as never)
          return kind === 'a text' ? reply.send('fine') : reply.send(new Response('fine'))
        })
        const request = 'GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'
        const { received, closed } = await connectRaw(await test.listen(), request)
        await closed
        assert.match(received(), /\r\n4\r\nfine\r\n0\r\n(?:x-bad: fine\r\n)?x-good: good\r\n\r\n$/)
        await until('the fault', () => test.faults.length > 0)
        assert.deepEqual(
          test.faults.map(({ error, origin }) => [(error as Error).message, origin]),
          [['boom', 'reply']],
        )
        assert.equal(test.faultLines().length, 1)
      })
    }
  }
})
