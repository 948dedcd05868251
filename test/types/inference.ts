/** Compiled, not run: what Fastify infers of routes is the same in an app that has the plugin. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type http2 from 'node:http2'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyTypeProvider,
  type FastifyTypeProviderDefault,
  type RawServerDefault,
  type RouteHandlerMethod,
} from 'fastify'
import { pino } from 'pino'
import { type IsolateOptions, isolate } from '../../src/index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <_Check extends true>(): void => undefined

declare module 'fastify' {
  interface FastifyContextConfig {
    role?: 'admin' | 'guest'
  }
}

/** Everything that a route declares arrives in its handler and its hooks. */
export function declared(): void {
  const app = Fastify()
  const registered = app.register(isolate())
  same<Same<typeof registered.get, typeof app.get>>()

  interface Route {
    Params: { id: string }
    Querystring: { page?: number }
    Headers: { 'x-tenant': string }
    Body: { name: string }
    Reply: { 200: { ok: boolean }; '4xx': { error: string } }
  }
  app.post<Route>(
    '/:id',
    {
      config: { role: 'admin', isolate: { grace: 100 } },
      preHandler: async (request) => same<Same<typeof request.body, { name: string }>>(),
      errorHandler: (_error, request) => same<Same<typeof request.params, { id: string }>>(),
    },
    async (request, reply) => {
      same<Same<typeof request.params, { id: string }>>()
      same<Same<typeof request.query, { page?: number }>>()
      same<Same<(typeof request.headers)['x-tenant'], string>>()
      same<Same<typeof request.body, { name: string }>>()
      same<Same<typeof request.routeOptions.config.role, 'admin' | 'guest' | undefined>>()
      // @ts-expect-error not what the schema of a 404 says
      reply.code(404).send({ ok: true })
      // @ts-expect-error not what the schema of a 200 says
      reply.code(200).send({ ok: 'yes' })
      return reply.code(200).send({ ok: true })
    },
  )
  // @ts-expect-error no such role
  app.get('/', { config: { role: 'nobody' } }, async () => 'ok')
  // @ts-expect-error a handler that returns what the reply is not
  app.get<{ Reply: { ok: boolean } }>('/wrong', async () => ({ ok: 'yes' }))
  app.get('/plain', async (request) => {
    same<Same<typeof request.params, unknown>>()
    return 'ok'
  })
  const handler: RouteHandlerMethod = async function () {
    same<Same<typeof this, FastifyInstance>>()
    return this.version
  }
  app.get('/this', handler)
}

/** What a body is, is in its schema: `{ is: … }`, much simpler than JSON Schema. */
interface Provider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends { readonly is: infer Is } ? Is : unknown
  readonly serializer: this['schema'] extends { readonly is: infer Is } ? Is : unknown
}

/** The types that a provider makes of schemas. */
export function provided(): void {
  const app = Fastify().withTypeProvider<Provider>()
  app.register(isolate())
  const schema = {
    body: { is: { name: 'a' } },
    querystring: { is: 1 },
    response: { 200: { is: 'sent' } },
  } as const
  app.post('/', { schema, config: { isolate: { answer: 'problem' } } }, async (request, reply) => {
    same<Same<typeof request.body, { readonly name: 'a' }>>()
    same<Same<typeof request.query, 1>>()
    // @ts-expect-error not what the schema says
    reply.code(200).send('other')
    return 'sent' as const
  })
  app.register(async (child) => {
    const typed = child.withTypeProvider<Provider>()
    typed.get('/child', { schema: { querystring: { is: 2 } } as const }, async ({ query }) => {
      same<Same<typeof query, 2>>()
      return 'sent'
    })
  })
}

/** It can be registered on instances of every kind, in plugins of every kind. */
export function everywhere(): void {
  const overHttp2 = Fastify({ http2: true })
  overHttp2.register(isolate())
  overHttp2.get('/', async (request) => {
    same<Same<typeof request.raw, http2.Http2ServerRequest>>()
    return 'ok'
  })
  interface OwnLogger extends FastifyBaseLogger {
    readonly own: number
  }
  const loggerInstance = Fastify().log as OwnLogger
  const logged = Fastify<RawServerDefault, IncomingMessage, ServerResponse, OwnLogger>({ loggerInstance })
  logged.register(isolate())
  logged.get('/', async (request) => {
    same<Same<typeof request.log.own, number>>()
    return 'ok'
  })
  const plugin: FastifyPluginAsync<{ own: number }, never, FastifyTypeProviderDefault> = async (
    child,
    { own },
  ) => {
    same<Same<typeof own, number>>()
    void child
  }
  Fastify().register(plugin, { own: 1 })
}

/** `report` takes the request of any server, and of a route with types of its own. */
export function reportsRequests(): void {
  const http1 = Fastify()
  http1.get<{ Params: { id: string }; Querystring: { q: number } }>('/:id', async (request) => {
    http1.isolation.report(new Error('seen'), request)
  })
  const logged = Fastify({ loggerInstance: pino() })
  logged.get('/', async (request) => logged.isolation.report(new Error('seen'), request).id)
  const https = Fastify({ https: {} })
  https.get('/', async (request) => https.isolation.report(new Error('seen'), request).id)
  const http2 = Fastify({ http2: true })
  http2.get('/', async (request) => http2.isolation.report(new Error('seen'), request).id)
  const secure = Fastify({ http2: true, https: {} })
  secure.get<{ Body: { name: string } }>('/', async (request) => {
    secure.isolation.report(new Error('seen'), request)
  })
  const typed = Fastify().withTypeProvider<Provider>()
  typed.get('/', { schema: { querystring: { is: 1 } } as const }, async (request) => {
    same<Same<typeof request.query, 1>>()
    return typed.isolation.report(new Error('seen'), request).id
  })
  // @ts-expect-error no request
  http1.isolation.report(new Error('seen'), { url: '/' })
}

/** `this` of an error handler is the instance, as `setErrorHandler` has it. */
export const withThis: IsolateOptions = {
  errorHandler(_error, request, reply) {
    same<Same<typeof this, FastifyInstance>>()
    // @ts-expect-error no such decorator
    void this.nothing
    return reply.send({ routes: this.printRoutes(), url: request.url })
  },
}
