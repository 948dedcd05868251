import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type NodeRedisClient, type RedisStoreOptions, redisStore } from '../../src/redis/redis-store.ts'
import { death, routeState } from '../support/state.ts'

type Asked = [script: string, keys: string[], values: string[]]

/** A client of node-redis that answers as it is told, and keeps what it was asked. */
function clientThat(answers: () => unknown): { client: NodeRedisClient; asked: Asked[] } {
  const asked: Asked[] = []
  const EVAL: NodeRedisClient['EVAL'] = (script, options) => {
    asked.push([script, options.keys, options.arguments])
    return answers() as Promise<unknown>
  }
  return { client: { EVAL }, asked }
}

const CHANGE = { build: '1', route: 'GET /a', from: 0, state: routeState() }

test('a client or an option of another kind is refused', () => {
  const refused = (client: unknown, options?: unknown) => () =>
    redisStore(client as NodeRedisClient, options as RedisStoreOptions)
  const code = 'FST_ISOLATE_BAD_OPTION'
  for (const client of [undefined, 'redis://localhost', {}, Promise.resolve(), { eval() {} }]) {
    assert.throws(refused(client), { code, message: /^Expected `client` to be a client of node-redis or io/ })
  }
  const { client } = clientThat(() => undefined)
  assert.throws(refused(client, { prefix: '' }), { code, message: /^Expected `prefix` to be a text that is/ })
  assert.throws(refused(client, { perfix: 'app' }), { code, message: /Did you mean `prefix`\?/ })
})

test('a client that fails costs no more than a rejection', async () => {
  const failures = {
    rejects: () => Promise.reject(new Error('The client is closed')),
    throws: () => {
      throw new Error('The client is closed')
    },
  }
  for (const [how, fail] of Object.entries(failures)) {
    const store = redisStore(clientThat(fail).client)
    for (const call of [() => store.load('1'), () => store.record(death()), () => store.update(CHANGE)]) {
      await assert.rejects(call(), /The client is closed/, how)
    }
  }
})

test('what is no state is refused', async () => {
  for (const answer of [
    undefined,
    'OK',
    [],
    [[], 'QUEUED'],
    [['no JSON'], []],
    [['{}'], []],
    [[], ['GET /a', '{}']],
  ]) {
    const store = redisStore(clientThat(async () => answer).client)
    await assert.rejects(store.load('1'), /^Error: Redis (?:gave no state|holds for build 1 what this)/)
  }
})

test('a client may give Buffers, and numbers as texts', async () => {
  const answer = [
    [Buffer.from(JSON.stringify(death()))],
    ['GET /a', JSON.stringify(routeState())].map(Buffer.from),
  ]
  const { deaths, routes } = await redisStore(clientThat(async () => answer).client).load('1')
  assert.deepEqual(
    deaths.map(({ id }) => id),
    [death().id],
  )
  assert.deepEqual(routes, { 'GET /a': JSON.parse(JSON.stringify(routeState())) })
  assert.equal(await redisStore(clientThat(async () => '1').client).update(CHANGE), true)
  assert.equal(await redisStore(clientThat(async () => '0').client).update(CHANGE), false)
})

test('while Redis is away, one question for the state waits with the client, however often it is put', async () => {
  const waiting: ((answer: unknown) => void)[] = []
  const { client, asked } = clientThat(() => new Promise((resolve) => waiting.push(resolve)))
  const store = redisStore(client)
  const loads = [store.load('1'), store.load('1'), store.load('1')]
  assert.equal(asked.length, 1)
  void store.load('2')
  assert.equal(asked.length, 2, 'another build is another question')
  waiting[0]?.([[], []])
  const empty = { deaths: [], routes: {} }
  assert.deepEqual(await Promise.all(loads), [empty, empty, empty])
  void store.load('1')
  assert.equal(asked.length, 3, 'the answer of before is not used again')
})

test('the keys of a build are its own, and stay together in a cluster', async () => {
  const { client, asked } = clientThat(async () => [[], []])
  const store = redisStore(client, { prefix: 'app' })
  for (const build of ['1', '{1}', '1}:deaths', '%7B1%7D']) await store.load(build)
  const keys = asked.map(([, keys]) => keys)
  assert.deepEqual(keys[0], ['app:{1:1}:deaths', 'app:{1:1}:routes'])
  assert.equal(new Set(keys.flat()).size, keys.flat().length)
  for (const [deaths, routes] of keys as [string, string][]) {
    const [tag, other] = [deaths, routes].map((key) => /\{(.+?)\}/.exec(key)?.[1])
    assert.equal(tag, other)
  }
})
