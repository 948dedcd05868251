import mariadb, { type Pool } from 'mariadb/callback'
import type { Driver } from '../driver.ts'

export const driver: Driver<Pool> = {
  connect: (port) => mariadb.createPool({ host: '127.0.0.1', port, user: 'root', connectionLimit: 1 }),
  ping: (pool) =>
    new Promise((resolve, reject) => {
      pool.query('select 1', (error: unknown) => (error ? reject(error) : resolve(undefined)))
    }),
  uses: { 'throw in a callback': (pool, bug) => void pool.query('select 1', bug) },
}
