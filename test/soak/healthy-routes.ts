import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import createError from 'http-errors'

/** The routes of an app that has no bugs. */
export function addHealthyRoutes(app: FastifyInstance): void {
  app.get<{ Params: { nonce: string } }>('/echo/:nonce', (request, reply) => {
    reply.send({ nonce: request.params.nonce })
  })
  app.get<{ Params: { nonce: string }; Querystring: { ms: string } }>('/slow/:nonce', async (request) => {
    await sleep(Number(request.query.ms))
    return { slow: request.params.nonce }
  })
  app.get<{ Params: { nonce: string }; Querystring: { pieces: string } }>(
    '/stream/:nonce',
    (request, reply) => {
      const { nonce } = request.params
      const pieces = Number(request.query.pieces)
      reply.type('text/plain').send(
        Readable.from(
          (async function* () {
            for (let i = 0; i < pieces; i += 1) {
              await sleep(1)
              yield `${nonce}\n`
            }
          })(),
        ),
      )
    },
  )
  app.post('/post', async (request) => request.body)
  app.get<{ Params: { nonce: string } }>('/expected/:nonce', async (request) => {
    throw createError(422, request.params.nonce)
  })
  app.get<{ Params: { form: string; nonce: string }; Querystring: { lines: string } }>(
    '/large/:form/:nonce',
    (request, reply) => {
      const { form, nonce } = request.params
      const text = `${nonce}\n`.repeat(Number(request.query.lines))
      reply.type('text/plain').send(form === 'text' ? text : Readable.from(inPieces(text)))
    },
  )
}

function* inPieces(text: string): Generator<string> {
  const size = 64 * 1024
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
}
