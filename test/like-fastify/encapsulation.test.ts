import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import createError from 'http-errors'
import { staysTheSame } from '../support/differential.ts'

/** What can be seen of decorators from a place. */
const seenFrom = (app: FastifyInstance, names: readonly string[]) =>
  names.map((name) => [
    name,
    app.hasDecorator(name),
    app.hasRequestDecorator(name),
    app.hasReplyDecorator(name),
  ])

const NAMES = ['shared', 'own', 'ofRequest', 'ofReply', 'broken']

describe('unchanged with the plugin', () => {
  test('decorators, of the app, of requests and replies, in children and siblings', async (t) => {
    await staysTheSame(t, {
      install(app, note) {
        app.decorate('shared', { count: 0 })
        app.decorateRequest('ofRequest', null)
        app.decorateReply('ofReply', function (this: { code(status: number): unknown }) {
          return this.code(202)
        })
        app.decorateRequest('computed', {
          getter() {
            return `of ${this.url}`
          },
        })
        const handler = async (request: object, reply: object) => {
          const { ofRequest, own, computed } = request as Record<string, unknown>
          return (reply as { ofReply(): { send(value: unknown): void } })
            .ofReply()
            .send({ ofRequest, own, computed })
        }
        app.addHook('onRequest', async (request) => {
          Object.assign(request, { ofRequest: request.id })
        })
        app.register(async (child) => {
          child.decorate('own', 1)
          child.decorateRequest('own', 'of the child')
          child.get('/child', handler)
          note('child', seenFrom(child, NAMES))
        })
        app.register(
          fp(async (child) => {
            child.decorate('broken', 'out')
            child.get('/broken', handler)
          }),
        )
        app.get('/root', handler)
        app.after(() => note('root', seenFrom(app, NAMES)))
        app.register(async (child) => note('sibling', seenFrom(child, NAMES)))
      },
      requests: ['/child', '/broken', '/root'],
      look(app, note) {
        note(seenFrom(app, NAMES), Object.keys(app.getDecorator('shared')))
        for (const wrong of ['shared', 'none']) {
          try {
            if (wrong === 'none') note(app.getDecorator('none'))
            else app.decorate('shared', 2)
          } catch (error) {
            note((error as NodeJS.ErrnoException).code, (error as Error).message)
          }
        }
      },
    })
  })

  test('hooks reach their own children only', async (t) => {
    const { notes } = await staysTheSame(t, {
      install(app, note) {
        const say = (place: string) => async () => note(place)
        app.addHook('preHandler', say('root'))
        app.get('/root', async () => 'root')
        app.register(async (child) => {
          child.addHook('preHandler', say('child'))
          child.get('/child', async () => 'child')
          child.register(async (inner) => {
            inner.addHook('preHandler', say('inner'))
            inner.get('/inner', async () => 'inner')
          })
        })
        app.register(async (child) => {
          child.addHook('preHandler', say('sibling'))
          child.get('/sibling', async () => 'sibling')
        })
      },
      requests: ['/root', '/child', '/inner', '/sibling'],
    })
    assert.deepEqual(notes, ['root', 'root', 'child', 'root', 'child', 'inner', 'root', 'sibling'])
  })

  test('error handlers reach their own children only, and pass on', async (t) => {
    const { notes } = await staysTheSame(t, {
      install(app, note) {
        const fail = async () => {
          throw createError(409, 'taken', { headers: { 'x-why': 'taken' } })
        }
        app.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) => {
          note('root', error.message, reply.statusCode)
          return reply.code(error.statusCode ?? 500).send({ by: 'root', message: error.message })
        })
        app.get('/root', fail)
        app.get(
          '/route',
          { errorHandler: (error, _request, reply) => void reply.send({ route: error.message }) },
          fail,
        )
        app.register(async (child) => {
          child.setErrorHandler((error: Error, _request, reply) => {
            note('child', error.message)
            reply.code(418).send({ by: 'child' })
          })
          child.get('/child', fail)
          child.register(async (inner) => {
            inner.setErrorHandler(async (error: Error) => {
              note('inner', error.message)
              throw createError(400, `after ${error.message}`)
            })
            inner.get('/inner', fail)
          })
          child.register(async (inner) => {
            inner.setErrorHandler((error, _request, reply) => void reply.send(error))
            inner.get('/sent-on', fail)
          })
        })
        app.register(async (child) => void child.get('/sibling', fail))
      },
      requests: ['/root', '/route', '/child', '/inner', '/sent-on', '/sibling'],
    })
    assert.deepEqual(
      notes.map((note) => (note as string[])[0]),
      ['root', 'child', 'inner', 'child', 'child', 'root'],
    )
  })

  test('schemas, prefixes and levels of logging are their own', async (t) => {
    await staysTheSame(t, {
      install(app, note) {
        app.addSchema({ $id: 'root', type: 'object' })
        app.register(
          async (child) => {
            child.addSchema({ $id: 'child', type: 'object' })
            child.get('/x', { logLevel: 'debug' }, async (request) => {
              request.log.info('said by the handler')
              return request.routeOptions.url
            })
            note(Object.keys(child.getSchemas()), child.prefix, child.log.level)
          },
          { prefix: '/v1', logLevel: 'warn', logSerializers: { own: () => 'hidden' } },
        )
        app.after(() => note(Object.keys(app.getSchemas()), app.prefix))
      },
      requests: ['/v1/x'],
    })
  })
})
