import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { Test } from '@nestjs/testing'
import { AppModule, makeAdapter } from '../src/app'

describe('the app (e2e)', () => {
  let app: NestFastifyApplication

  beforeEach(async () => {
    const moduleFixture = await Test.createTestingModule({ imports: [AppModule] }).compile()
    app = moduleFixture.createNestApplication<NestFastifyApplication>(await makeAdapter())
    await app.init()
  })

  afterEach(() => app.close())

  it('serves what Nest routes', async () => {
    const { statusCode, body } = await app.inject('/')
    expect({ statusCode, body }).toEqual({ statusCode: 200, body: 'Hello World!' })
  })

  it('contains what a route throws', async () => {
    const { statusCode, body } = await app.inject('/bug')
    expect(statusCode).toBe(500)
    expect(body).not.toContain('hunter2')
    expect(app.getHttpAdapter().getInstance().isolation.counts.total).toBe(1)
  })
})
