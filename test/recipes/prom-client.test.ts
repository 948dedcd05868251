import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { until } from '../support/until.ts'
import { changed, codeOf, makeRecipes, type Recipes } from './support/recipe.ts'

describe('the recipe for prom-client', () => {
  let recipes: Recipes
  before(() => {
    const recipe = codeOf('prom-client')
    const drainFatal = changed(recipe, 'drainDelay: 15_000,', 'drainDelay: 15_000, drainFatal: true,')
    recipes = makeRecipes('prom-client', { recipe, drainFatal })
  })

  test('counts by origin, verdict and the pattern of the route', async (t) => {
    const child = await recipes.start(t, 'recipe')
    for (const path of [
      '/throw/1',
      '/throw/2',
      '/string',
      '/timer/1',
      '/rejection',
      '/expected',
      '/nowhere',
    ]) {
      await child.ask(path)
    }
    const { body, headers } = await child.ask('/metrics')
    assert.match(String(headers['content-type']), /^text\/plain; version=/)
    assert.deepEqual(
      body
        .split('\n')
        .filter((line) => /^app_/.test(line))
        .sort(),
      [
        'app_faults_total{origin="exception",verdict="recycle",route="/timer/:id"} 1',
        'app_faults_total{origin="handler",verdict="contain",route="/string"} 1',
        'app_faults_total{origin="handler",verdict="contain",route="/throw/:id"} 2',
        'app_faults_total{origin="rejection",verdict="contain",route="/rejection"} 1',
        'app_leaving 0',
      ],
    )
  })

  test('says that the process leaves, for as long as the delay of the drain', async (t) => {
    const child = await recipes.start(t, 'recipe')
    child.kill('SIGTERM')
    await child.line((line) => line.leave?.reason === 'signal')
    assert.match((await child.ask('/metrics')).body, /^app_leaving 1$/m)
  })

  test('shows a fatal fault only with `drainFatal`', async (t) => {
    const child = await recipes.start(t, 'recipe')
    await child.ask('/fatal')
    // the connections that wait in the kernel are still served
    await until(async () => (await child.ask('/metrics')).status !== 200)
    assert.deepEqual(await child.exited, [70, null])

    const waiting = await recipes.start(t, 'drainFatal')
    await waiting.ask('/fatal')
    const { body } = await waiting.ask('/metrics')
    assert.match(body, /^app_faults_total\{origin="handler",verdict="fatal",route="\/fatal"\} 1$/m)
    assert.match(body, /^app_leaving 1$/m)
  })
})
