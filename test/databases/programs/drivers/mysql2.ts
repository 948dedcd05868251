import mysql from 'mysql2'
import type { Driver } from '../driver.ts'

const MISTAKE = 'select nothing from nowhere'

export const driver: Driver<mysql.Pool> = {
  connect: (port) => mysql.createPool({ host: '127.0.0.1', port, user: 'root', connectionLimit: 1 }),
  ping: (pool) => pool.promise().query('select 1'),
  uses: {
    awaited: (pool) => pool.promise().query(MISTAKE),
    forgotten: (pool) => void pool.promise().query(MISTAKE),
    'throw in a callback': (pool, bug) => void pool.query('select 1', bug),
  },
}
