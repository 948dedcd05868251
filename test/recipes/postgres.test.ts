import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type DatabaseServer, missing, startDatabase } from '../databases/servers.ts'
import { until } from '../support/until.ts'
import { escaping, isForced, isOneLine, leaves } from './support/ended-early.ts'
import { changed, codeOf, makeRecipes, type Recipes } from './support/recipe.ts'

const run = promisify(execFile)

describe('the recipes for PostgreSQL', () => {
  const skip = missing('postgres') ?? false
  let server: DatabaseServer | undefined
  let env: Record<string, string>
  let recipes: Recipes

  async function ask(sql: string): Promise<string> {
    const { stdout } = await run('psql', ['-Atc', sql], { env: { ...process.env, ...env } })
    return stdout.trim()
  }
  /** How many queries for the report run, which never end by themselves. */
  const running = async (): Promise<number> =>
    Number(
      await ask(`select count(*) from pg_stat_activity
        where state = 'active' and query ~ 'yearly_report' and pid <> pg_backend_pid()`),
    )

  before(async () => {
    const recipeOf = (driver: string): string => changed(codeOf(driver), 'max: 10', 'max: 1')
    const escapingOf = (recipe: string): string => escaping(recipe, 'const { signal } = request.isolation\n')
    recipes = makeRecipes('postgres', {
      pg: recipeOf('pg'),
      'pg-forced': escapingOf(recipeOf('pg')),
      'postgres.js': recipeOf('postgres.js'),
      'postgres.js-forced': escapingOf(recipeOf('postgres.js')),
    })
    if (skip) return
    server = await startDatabase('postgres')
    env = { PGHOST: '127.0.0.1', PGPORT: `${server.port}`, PGUSER: 'postgres', PGDATABASE: 'postgres' }
    await ask(`create view yearly_report as select pg_sleep(3600)::text as total;
      alter database postgres set client_connection_check_interval = 100`)
  })
  after(() => server?.stop())

  test('compile with the packages that they name', () => assert.ok(recipes))

  for (const driver of ['pg', 'postgres.js']) {
    test(`${driver}: a forced answer ends the query, and the pool of one connection is free again`, {
      skip,
    }, async (t) => {
      const child = await recipes.start(t, `${driver}-forced`, { env })
      await isForced(child, '/report')
      await until(async () => (await running()) === 0)
      await leaves(child, '/report', async () => (await running()) === 1)
      await until(async () => (await running()) === 0)
    })

    test(`${driver}: a client that left ends the query, which is one line at info`, { skip }, async (t) => {
      const child = await recipes.start(t, driver, { env })
      await leaves(child, '/report', async () => (await running()) === 1)
      await until(async () => (await running()) === 0)
      await isOneLine(child)
    })
  }
})
