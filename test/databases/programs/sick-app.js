// An app with a pool of four and a bug in a row listener of one route. `LEAVE` is JSON: the plugin's leave options.
import Fastify from 'fastify'
import pg from 'pg'
import { isolate } from '../../../dist/index.js'

const app = Fastify({ logger: { level: 'warn' } })
app.register(
  isolate({
    leave: JSON.parse(process.env.LEAVE ?? '{}', (_key, value) => (value === 'Infinity' ? Infinity : value)),
  }),
)
const pool = new pg.Pool({
  host: '127.0.0.1',
  port: Number(process.env.DATABASE_PORT),
  user: 'postgres',
  database: 'postgres',
  max: 4,
})
pool.on('error', (error) => app.log.warn(error))
app.get('/ok', async () => 'ok')
app.get('/orders', async () => {
  const { rows } = await pool.query('select 1 as id, pg_sleep(0.01)')
  return rows[0].id
})
app.get('/report', async () => {
  const client = await pool.connect()
  const query = client.query(new pg.Query('select generate_series(1, 3)'))
  await new Promise((resolve, reject) => {
    query.on('row', () => {
      throw new Error('a bug in a row listener')
    })
    query.on('end', resolve)
    query.on('error', reject)
  })
  client.release()
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
console.log('listens')
