import { Redis } from 'ioredis'
import type { Driver } from '../driver.ts'

export const driver: Driver<Redis> = {
  connect: (port) => new Redis({ host: '127.0.0.1', port, lazyConnect: true }),
  ping: (redis) => redis.ping(),
  uses: {
    awaited: (redis) => redis.call('nonsense'),
    forgotten: (redis) => void redis.call('nonsense'),
    'throw in a callback': (redis, bug) => void redis.get('key', bug),
  },
}
