import pg from 'pg'
import type { Driver } from '../driver.ts'

const settings = (port: number) => ({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' })
const MISTAKE = 'select nothing from nowhere'

async function kill(pool: pg.Pool, port: number): Promise<void> {
  const { rows } = await pool.query('select pg_backend_pid() as pid')
  const admin = new pg.Client(settings(port))
  await admin.connect()
  await admin.query('select pg_terminate_backend($1)', [rows[0].pid])
  await admin.end()
}

export const driver: Driver<pg.Pool> = {
  connect: (port) => new pg.Pool({ ...settings(port), max: 1, idleTimeoutMillis: 0 }),
  ping: (pool) => pool.query('select 1'),
  uses: {
    awaited: (pool) => pool.query(MISTAKE),
    forgotten: (pool) => void pool.query(MISTAKE),
    'throw in a callback': (pool, bug) => void pool.query('select 1', bug),
    'throw in a row listener': async (pool, bug) => {
      const client = await pool.connect()
      client.query(new pg.Query('select 1')).on('row', bug)
    },
    'connection lost': (pool, _bug, port) => kill(pool, port),
  },
}
