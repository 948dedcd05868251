import { Test } from '@nestjs/testing'
import { FatalError } from 'fastify-isolate'
import { AppController } from './app'

describe('AppController', () => {
  it('says hello', async () => {
    const app = await Test.createTestingModule({ controllers: [AppController] }).compile()
    expect(app.get(AppController).hello()).toBe('Hello World!')
    expect(new FatalError('x')).toBeInstanceOf(Error)
  })
})
