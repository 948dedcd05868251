import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Child } from '../support/child.ts'
import { until } from '../support/until.ts'
import { changed, codeOf, makeRecipes, type Recipes } from './support/recipe.ts'

const PAGE = 'docs/recipes/jobs.md'

/** Nothing answers at the recipe's hosts: each call fails at once. */
const UNREACHABLE = `globalThis.fetch = async () => {
  throw new Error('unreachable')
}
`
const emit = (emitter: string, event: string, ...args: string[]): string =>
  `setImmediate(() => ${emitter}.emit(${[`'${event}'`, ...args].join(', ')}))\n`
const DIES = `new Error('the connection dies')`

describe('recipes for jobs', () => {
  let recipes: Recipes
  before(() => {
    const pool = codeOf("pool.on('error')", 0, PAGE)
    const client = codeOf("client.on('error')", 0, PAGE)
    recipes = makeRecipes('jobs', {
      bullmq: codeOf('BullMQ', 0, PAGE),
      amqplib: codeOf('amqplib', 0, PAGE),
      nats: codeOf('nats', 0, PAGE),
      'node-cron': UNREACHABLE + changed(codeOf('node-cron', 0, PAGE), '0 3 * * *', '* * * * * *'),
      'toad-scheduler':
        UNREACHABLE + changed(codeOf('toad-scheduler', 0, PAGE), 'hours: 1', 'milliseconds: 20'),
      pool: pool + emit('pool', 'error', DIES).repeat(2),
      notified: client + emit('client', 'notification', `{ payload: 'no JSON' }`),
      dead: client + emit('client', 'error', DIES),
    })
  })

  const faultOf = (child: Child) => child.line(({ fault }) => fault !== undefined)

  for (const name of ['node-cron', 'toad-scheduler']) {
    test(`${name}: each run that fails is a fault of its job, told once, and the next one runs`, async (t) => {
      const child = await recipes.start(t, name)
      const { msg, fault, level } = await faultOf(child)
      assert.deepEqual(
        [level, msg, fault.job, fault.origin, fault.verdict],
        [50, 'job old sessions failed: unreachable', 'old sessions', 'job', 'contain'],
      )
      await until(() => child.log().filter((line) => line.fault !== undefined).length > 1)
      assert.equal((await child.ask('/fine')).body, 'fine')
      assert.ok(child.log().every(({ level, fault }) => level < 40 || fault.job === 'old sessions'))
      assert.doesNotMatch(child.stderr(), /unreachable/)
    })
  }

  test('a pool whose connections die is two faults, and none of them an escape', async (t) => {
    const child = await recipes.start(t, 'pool')
    await until(() => child.log().filter(({ fault }) => fault !== undefined).length === 2)
    const { fault } = await faultOf(child)
    assert.deepEqual([fault.origin, fault.verdict], ['handler', 'contain'])
    assert.equal((await child.ask('/fine')).body, 'fine')
  })

  test('a notification that cannot be read is a fault of its job', async (t) => {
    const child = await recipes.start(t, 'notified')
    const { fault } = await faultOf(child)
    assert.deepEqual([fault.origin, fault.job, fault.verdict], ['job', 'notification', 'contain'])
    assert.equal((await child.ask('/fine')).body, 'fine')
    assert.equal(child.log().filter((line) => line.fault !== undefined).length, 1)
  })

  test('a client that dies is fatal', async (t) => {
    const child = await recipes.start(t, 'dead')
    assert.deepEqual(await child.exited, [70, null])
    const { level, err } = await faultOf(child)
    assert.deepEqual(
      [level, err.message, err.cause.message],
      [60, 'the connection for notifications is lost', 'the connection dies'],
    )
  })
})
