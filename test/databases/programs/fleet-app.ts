// One process of a fleet: it opens a connection to PostgreSQL before it listens. MODE says who looks after errors.
import Fastify from 'fastify'
import pg from 'pg'
import { isolate } from '../../../src/index.ts'

const app = Fastify()
if (process.env.MODE === 'fatal') {
  app.register(isolate({ classify: ({ attributedTo }) => (attributedTo === 'none' ? 'fatal' : undefined) }))
}
if (process.env.MODE === 'isolate()') app.register(isolate())

// nobody listens to the errors of its idle connections, as with @fastify/postgres
const pool = new pg.Pool({ host: '127.0.0.1', port: Number(process.env.DATABASE), user: 'postgres' })
app.get('/plain', async () => ({}))
app.get('/rows', async () => (await pool.query('select 1 as one')).rows)
await pool.query('select 1')
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
console.log('listens')
