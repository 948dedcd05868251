import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { until } from '../support/until.ts'
import { escaping, isForced, isOneLine, leaves } from './support/ended-early.ts'
import { changed, codeOf, makeRecipes, type Recipes } from './support/recipe.ts'

describe('the recipe for undici', () => {
  const open = new Set<http.IncomingMessage>()
  const upstream = http.createServer((request) => {
    open.add(request)
    request.socket.on('close', () => open.delete(request))
  })
  let env: { PRICES: string }
  let recipes: Recipes
  before(async () => {
    await once(upstream.listen(0, '127.0.0.1'), 'listening')
    env = { PRICES: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}/` }
    const recipe = codeOf('undici')
    const forced = escaping(recipe, '  const { body }')
    const withFetch = forced
      .replace("import { request as send } from 'undici'\n", '')
      .replace('const { body } = await send(', 'const body = await fetch(')
    recipes = makeRecipes('undici', {
      recipe,
      forced,
      'forced-fetch': withFetch,
      unaware: changed(forced, '    signal: request.isolation.signal,\n', ''),
    })
  })
  after(() => {
    upstream.close()
    upstream.closeAllConnections()
  })

  for (const name of ['forced', 'forced-fetch']) {
    test(`closes the request to the upstream when the answer was forced: ${name}`, async (t) => {
      const child = await recipes.start(t, name, { env })
      await isForced(child, '/prices')
      await until(() => open.size === 0)
      assert.equal((await child.ask('/fine')).status, 200)
      assert.equal(child.log().filter(({ fault }) => fault !== undefined).length, 1)
    })
  }

  test('closes it when the client left, which is one line at info', async (t) => {
    const child = await recipes.start(t, 'recipe', { env })
    await leaves(child, '/prices', async () => open.size === 1)
    await until(() => open.size === 0)
    await isOneLine(child)
  })

  test('without the signal the request to the upstream goes on', async (t) => {
    const child = await recipes.start(t, 'unaware', { env })
    await isForced(child, '/prices')
    assert.equal((await child.ask('/fine')).status, 200)
    assert.equal(open.size, 1)
  })
})
