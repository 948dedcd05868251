import { Controller, Get, Module } from '@nestjs/common'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { FatalError, isolate } from 'fastify-isolate'

@Controller()
export class AppController {
  @Get()
  hello(): string {
    return 'Hello World!'
  }
}

@Module({ controllers: [AppController] })
export class AppModule {}

/** The adapter, with the plugin and a route of Fastify's own that fails. */
export async function makeAdapter(): Promise<FastifyAdapter> {
  const adapter = new FastifyAdapter()
  const fastify = adapter.getInstance()
  await fastify.register(isolate, {
    classify: (fault) => (fault.error instanceof FatalError ? 'contain' : undefined),
  })
  fastify.get('/bug', async () => {
    throw new FatalError('hunter2')
  })
  return adapter
}
