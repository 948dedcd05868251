import mariadb, { type Pool } from 'mariadb'
import type { Driver } from '../driver.ts'

const MISTAKE = 'select nothing from nowhere'

export const driver: Driver<Pool> = {
  connect: (port) => mariadb.createPool({ host: '127.0.0.1', port, user: 'root', connectionLimit: 1 }),
  ping: (pool) => pool.query('select 1'),
  uses: {
    awaited: (pool) => pool.query(MISTAKE),
    forgotten: (pool) => void pool.query(MISTAKE),
  },
}
