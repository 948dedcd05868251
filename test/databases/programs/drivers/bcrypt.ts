import bcrypt from 'bcrypt'
import type { Driver } from '../driver.ts'

export const driver: Driver = {
  connect: () => undefined,
  ping: async () => {},
  uses: {
    awaited: () => bcrypt.hash('password', 'no salt'),
    forgotten: () => void bcrypt.hash('password', 'no salt'),
    'throw in a callback': (_client, bug) => bcrypt.hash('password', 4, bug),
  },
}
