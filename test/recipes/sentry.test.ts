import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { changed, codeOf, makeRecipes, type Recipes } from './support/recipe.ts'
import { type SentryEvent, sentryHost } from './support/sentry-host.ts'

/** Each with the origin, the verdict and the route of its fault. */
const FAULTS = [
  ['/throw/1?a=b', 'thrown', 'handler', 'contain', '/throw/:id'],
  ['/string', 'a thrown string', 'handler', 'contain', '/string'],
  ['/timer/1', 'thrown in a timer', 'exception', 'recycle', '/timer/:id'],
  ['/other-timer', 'thrown in another timer', 'exception', 'recycle', '/other-timer'],
  ['/rejection', 'floating rejection', 'rejection', 'contain', '/rejection'],
  ['/fatal', 'the ledger does not add up', 'handler', 'fatal', '/fatal'],
] as const

const messageOf = ({ exception }: SentryEvent) => exception?.values?.[0]?.value
const mechanismOf = ({ exception }: SentryEvent) => exception?.values?.[0]?.mechanism?.type

describe('the recipe for Sentry', () => {
  let recipes: Recipes
  before(() => {
    const code = codeOf('Sentry')
    recipes = makeRecipes('sentry', {
      recipe: code,
      // keeps the integrations that the recipe takes away
      untouched: changed(code, '!replaced.includes(name)', "name !== ''"),
    })
  })

  test('sends one event a fault, with all that it says, before the process has left', async (t) => {
    const host = await sentryHost(t, 500)
    const child = await recipes.start(t, 'recipe', { env: { SENTRY_DSN: host.dsn } })
    assert.equal((await child.ask('/expected')).status, 404)
    for (const [path] of FAULTS) await child.ask(path)
    assert.deepEqual(await child.exited, [70, null])

    // the last upload is answered half a second after it came: the process has waited for it
    assert.deepEqual(host.uploads, { got: FAULTS.length, answered: FAULTS.length })
    const server = `http://127.0.0.1:${child.port}`
    assert.deepEqual(
      host.events.map((event) => [messageOf(event), event.request?.url, event.level, event.tags]),
      FAULTS.map(([path, value, origin, verdict, route]) => [
        value,
        server + path,
        verdict === 'fatal' ? 'fatal' : 'error',
        { origin, verdict, route },
      ]),
    )
    const logged = child.log().filter((line) => line.fault !== undefined)
    assert.deepEqual(
      host.events.map(({ fingerprint, extra }) => [fingerprint, extra]),
      logged.map(({ fault, reqId }) => [[fault.fingerprint], { faultId: fault.id, requestId: reqId }]),
    )
    assert.doesNotMatch(child.stderr(), /floating rejection/)
  })

  test('drops a fault that is the same as the one before', async (t) => {
    const host = await sentryHost(t)
    const child = await recipes.start(t, 'recipe', { env: { SENTRY_DSN: host.dsn } })
    for (const path of ['/throw/1', '/throw/2', '/fatal']) await child.ask(path)
    await child.exited
    assert.deepEqual(host.events.map(messageOf), ['thrown', 'the ledger does not add up'])
  })

  test('takes away integrations that would come first', async (t) => {
    const host = await sentryHost(t)
    const child = await recipes.start(t, 'untouched', { env: { SENTRY_DSN: host.dsn } })
    for (const [path] of FAULTS) await child.ask(path)
    await child.exited
    assert.deepEqual(
      child
        .log()
        .flatMap(({ msg }) => /another listener on process '(\w+)', .* of Sentry/.exec(msg)?.[1] ?? []),
      ['uncaughtException', 'unhandledRejection'],
    )
    const seen = host.events.map((event) => [mechanismOf(event), messageOf(event), event.level])
    const fastify = 'auto.function.fastify'
    const expected = [
      [fastify, 'thrown', 'error'],
      [fastify, 'A value was thrown that is not an Error', 'error'],
      // the one that is not dropped: Sentry knows Errors again, not strings
      ['generic', 'a thrown string', 'error'],
      ['auto.node.onuncaughtexception', 'thrown in a timer', 'fatal'],
      ['generic', 'thrown in another timer', 'error'],
      ['auto.node.onunhandledrejection', 'floating rejection', 'error'],
      [fastify, 'the ledger does not add up', 'error'],
    ]
    // Sentry sends each by itself, and one may overtake another.
    assert.deepEqual(seen.map(String).sort(), expected.map(String).sort())
    for (const event of host.events) {
      if (mechanismOf(event) !== 'generic') assert.equal(event.tags?.verdict, undefined)
    }
    assert.match(child.stderr(), /floating rejection/)
  })
})
