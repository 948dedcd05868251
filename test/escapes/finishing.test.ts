import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Escapes } from '../../src/escapes/escapes.ts'
import type { Internals } from '../../src/fastify/internals.ts'
import type { IsolatedApp } from '../../src/isolated-app.ts'
import { requestStorage } from '../../src/request/async-context.ts'
import { RequestContext } from '../../src/request/context.ts'

test('only an exception makes a request that has finished look through those in flight', () => {
  let walks = 0
  const requests = {
    [Symbol.iterator]() {
      walks += 1
      return [].values()
    },
  }
  const escapes = new Escapes({ requests } as unknown as IsolatedApp, {} as Internals)
  const request = { id: '1', log: {}, raw: { method: 'GET', url: '/' } }
  const context = new RequestContext(request as never, undefined, { app: {} } as never)
  context.release()
  const escapeAs = (origin: 'rejection' | 'exception') =>
    requestStorage.run(context.stored, () =>
      escapes.takeOwn({ error: new Error('late'), origin, promise: undefined }),
    )
  assert.equal(escapeAs('rejection'), 'unknown')
  assert.equal(walks, 0)
  assert.equal(escapeAs('exception'), 'unknown')
  assert.equal(walks, 1)
})
