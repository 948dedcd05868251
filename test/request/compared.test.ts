import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { types } from 'node:util'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Guards } from '../../src/guards/guards.ts'
import { IsolatedApp } from '../../src/isolated-app.ts'
import type { IsolateOptions } from '../../src/options/options.ts'
import { RequestContext } from '../../src/request/context.ts'
import { testApp } from '../support/app.ts'

/**
 * `assert.deepStrictEqual` goes through the enumerable own properties of both values, symbols too, and the entries of
 * maps and sets; each way to an object that it has found makes it go through that object once more.
 */
function keysOf(holder: object): PropertyKey[] {
  return Reflect.ownKeys(holder).filter((key) => Object.prototype.propertyIsEnumerable.call(holder, key))
}

function* valuesOf(holder: object): Generator<unknown> {
  const entries: unknown[] = []
  // Node keeps contexts in maps of its own, which are no instances of `Map`
  if (types.isMap(holder)) Map.prototype.forEach.call(holder, (value, key) => entries.push(key, value))
  if (types.isSet(holder)) entries.push(...holder)
  yield* entries
  for (const key of keysOf(holder)) yield Reflect.get(holder, key)
}

/** Everything that a comparison of this object goes through. */
function reachedFrom(start: object): Set<object> {
  const reached = new Set<object>([start])
  for (const holder of reached) {
    for (const value of valuesOf(holder)) if (typeof value === 'object' && value !== null) reached.add(value)
  }
  return reached
}

function ofThePlugin(reached: Set<object>): string[] {
  const classes = [IsolatedApp, RequestContext, Guards]
  return [...reached]
    .filter((one) => classes.some((each) => one instanceof each))
    .map((one) => one.constructor.name)
}

/** Calls back in the handler of a request, whose answer comes late. */
async function inHandler(
  t: TestContext,
  isolate: IsolateOptions | false,
  look: (request: FastifyRequest, reply: FastifyReply) => void,
): Promise<void> {
  const test = testApp(t, { isolate })
  test.app.decorateReply('own', { getter: () => true }) // Fastify orders the fields of replies without one otherwise
  test.app.get('/x', async (request, reply) => {
    const timer = setTimeout(() => {}, 60_000)
    await new Promise(setImmediate)
    look(request, reply)
    clearTimeout(timer)
    return 'fine'
  })
  assert.equal((await test.ask('/x')).status, 200)
}

describe('what compares or prints a request', () => {
  it('finds on it and on what is below it the same properties as in bare Fastify', async (t) => {
    const seen: unknown[] = []
    const look = (request: FastifyRequest, reply: FastifyReply): void => {
      const holders = [request, request.raw, request.raw.socket, reply, reply.raw]
      seen.push(holders.map((holder) => keysOf(holder).map(String).sort()))
    }
    await inHandler(t, false, look)
    await inHandler(t, {}, look)
    assert.deepEqual(seen[1], seen[0])
  })

  for (const [name, isolate] of Object.entries({ 'as it is': {}, 'without escapes': { escapes: false } })) {
    it(`comes from it to nothing of the plugin, ${name}`, async (t) => {
      let reached = new Set<object>()
      await inHandler(t, isolate, (request) => {
        reached = reachedFrom(request)
      })
      assert.ok(reached.size > 100, `it goes through the app: ${reached.size} objects`)
      assert.deepEqual(ofThePlugin(reached), [])
    })
  }

  it('comes from a timer of a request or of a fault listener to nothing of the plugin', async (t) => {
    const timers: object[] = []
    const start = (): void => {
      const timer = setTimeout(() => {}, 60_000)
      t.after(() => clearTimeout(timer))
      timers.push(timer)
    }
    const test = testApp(t, { isolate: { onFault: start } })
    test.app.get('/x', async () => {
      start()
      throw new Error('secret')
    })
    assert.equal((await test.ask('/x')).status, 500)
    assert.equal(timers.length, 2)
    for (const timer of timers) assert.deepEqual(ofThePlugin(reachedFrom(timer)), [])
  })
})

it('a proxy of a request, and an object derived from it, still lead to it', async (t) => {
  for (const escapes of [true, false]) {
    const test = testApp(t, { isolate: { escapes } })
    test.app.get('/x', async (request) => {
      for (const other of [new Proxy(request, {}), Object.create(request) as FastifyRequest]) {
        test.app.isolation.report(new Error('seen'), other)
      }
      return 'fine'
    })
    await test.ask('/x')
    assert.deepEqual(
      test.faults.map(({ request }) => request?.route),
      ['/x', '/x'],
    )
  }
})
