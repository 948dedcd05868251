import postgres from 'postgres'
import type { Driver } from '../driver.ts'

export const driver: Driver<postgres.Sql> = {
  connect: (port) => postgres({ host: '127.0.0.1', port, user: 'postgres', max: 1 }),
  ping: (sql) => sql`select 1`,
  uses: {
    awaited: (sql) => sql`select nothing from nowhere`,
    forgotten: (sql) => void sql`select nothing from nowhere`.execute(),
  },
}
