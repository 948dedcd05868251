import 'reflect-metadata'
import { Controller, Get, Module, StreamableFile } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import {
  brokenStream,
  floatRejection,
  listening,
  slow,
  throwError,
  throwInBackground,
  throwInTimer,
  throwText,
  throwUpstream,
} from './scenario.js'

// Decorators without a compiler are plain calls.
class Routes {}
const work = {
  slow,
  throw: throwError,
  text: throwText,
  upstream: throwUpstream,
  timer: throwInTimer,
  floating: floatRejection,
  stream: () => new StreamableFile(brokenStream()),
}
for (const [name, handler] of Object.entries(work)) {
  Routes.prototype[name] = () => handler()
  Get(name)(Routes.prototype, name, Object.getOwnPropertyDescriptor(Routes.prototype, name))
}
Controller()(Routes)

class App {}
Module({ controllers: [Routes] })(App)

const app = await NestFactory.create(App, new FastifyAdapter(), { forceCloseConnections: false })
app.enableShutdownHooks()
throwInBackground()
await app.listen(0)
listening(app.getHttpServer().address().port)
