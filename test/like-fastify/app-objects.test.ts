import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { LogController } from 'fastify'
import { staysTheSame } from '../support/differential.ts'

describe('unchanged with the plugin', () => {
  test('a log controller with private fields', async (t) => {
    class Quiet extends LogController {
      readonly #paths = new Set(['/quiet'])
      override isLogDisabled(request: { url?: string }): boolean {
        return this.#paths.has(request.url ?? '')
      }
      get paths(): number {
        return this.#paths.size
      }
    }
    const logController = new Quiet()
    const { lines } = await staysTheSame(t, {
      fastify: { logController },
      install(app) {
        for (const path of ['/quiet', '/x']) app.get(path, async () => 'fine')
        app.get('/gone', async () => {
          throw Object.assign(new Error('gone'), { statusCode: 410 })
        })
      },
      requests: ['/quiet', '/x', '/gone', '/no'],
    })
    assert.doesNotMatch(JSON.stringify(lines), /quiet/)
  })

  test('a genReqId that asks its instance', async (t) => {
    await staysTheSame(t, {
      fastify: {
        genReqId(this: unknown) {
          return `of ${(this as { name: string }).name}`
        },
      },
      install(app) {
        app.decorate('name', 'the app')
        app.get('/x', async (request) => request.id)
      },
      requests: ['/x'],
    })
  })

  test('the order of listeners for requests', async (t) => {
    await staysTheSame(t, {
      install(app, note) {
        app.server.prependListener('request', () => note('before'))
        app.server.on('request', () => note('after'))
        app.get('/x', async () => note('handler') ?? 'x')
      },
      paths: ['/x', '/x'],
    })
  })

  test('hooks after the answer that return the reply', async (t) => {
    await staysTheSame(t, {
      install(app, note) {
        app.addHook('onResponse', ((_request: unknown, reply: unknown, done: () => void) => {
          done()
          return reply
        }) as never)
        app.addHook('onResponse', ((_request: unknown, reply: unknown) => reply) as never)
        app.addHook('onResponse', async () => note('the last'))
        app.get('/x', async () => 'x')
      },
      paths: ['/x'],
    })
  })

  test('the names of hooks in the printed routes', async (t) => {
    const { notes } = await staysTheSame(t, {
      install(app) {
        app.addHook('onRequest', async function authenticate() {})
        const preHandler = function check(_request: unknown, _reply: unknown, done: () => void): void {
          done()
        }
        app.get('/x', { preHandler, onError: async () => {} }, async () => 'x')
      },
      look(app, note) {
        note(app.printRoutes({ includeHooks: true }).replaceAll('"enterIsolation()",', ''))
      },
    })
    assert.match(String(notes[0]), /authenticate\(\).*check\(\)/s)
  })
})
