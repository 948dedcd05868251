import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { runFleet } from './fleet.ts'
import { measure, type Result } from './measure.ts'
import { missing } from './servers.ts'

/** What docs/databases.md says, as `npm run docs:databases` recorded it. */
const recorded = JSON.parse(readFileSync(new URL('./results.json', import.meta.url), 'utf8')) as Record<
  string,
  Result[]
>
const onThisNode = recorded[process.versions.node.split('.')[0]!] ?? []

/** CI has installed all of them: there a missing one is a fault. */
const skip = (name: 'postgres' | 'mariadb' | 'redis'): string | false =>
  process.env.CI === undefined ? (missing(name) ?? false) : false

describe('an error that escapes from a driver is given to whom the page says', () => {
  for (const name of ['postgres', 'mariadb', 'redis', 'none'] as const) {
    test(name, { skip: name === 'none' ? false : skip(name) }, async () => {
      const results: Result[] = JSON.parse(JSON.stringify(await measure(name)))
      const drivers = new Set(results.map(({ driver }) => driver))
      assert.deepEqual(
        results,
        onThisNode.filter(({ driver }) => drivers.has(driver)),
      )
      assert.ok(results.length > 0)
    })
  }
})

describe('PostgreSQL crashes and comes back', { skip: skip('postgres') }, () => {
  test('bare Fastify loses requests of routes that need no database', async () => {
    const { exits, plainLost } = await runFleet('bare')
    assert.ok(exits > 0)
    assert.ok(plainLost > 0)
  })

  test('with isolate() no process exits and no such request is lost', async () => {
    const { exits, plain, plainLost, away } = await runFleet('isolate()')
    assert.deepEqual({ exits, plainLost, away }, { exits: 0, plainLost: 0, away: 0 })
    assert.ok(plain > 0)
  })
})
