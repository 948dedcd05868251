// The clients that `fastify-isolate/redis` takes, of each version that it says it takes.
import * as io6 from 'ioredis'
import * as io5 from 'ioredis5'
import * as node6 from 'redis'
import * as node5 from 'redis5'
import { redisStore } from '../../../src/redis/redis-store.ts'
import type { ConnectedStore } from '../redis-store.test.ts'

/** What a client does that does not wait for Redis. */
const quiet = (): void => {}

/** Connects a client of each kind and makes a store of it. */
export const connect: Record<string, (port: number, prefix: string) => Promise<ConnectedStore>> = {
  async 'node-redis 5'(port, prefix) {
    const client = await node5
      .createClient({ socket: { host: '127.0.0.1', port } })
      .on('error', quiet)
      .connect()
    return {
      store: redisStore(client, { prefix }),
      ask: (...command) => client.sendCommand(command),
      close: () => client.destroy(),
    }
  },
  async 'node-redis 6'(port, prefix) {
    const client = await node6
      .createClient({ socket: { host: '127.0.0.1', port } })
      .on('error', quiet)
      .connect()
    return {
      store: redisStore(client, { prefix }),
      ask: (...command) => client.sendCommand(command),
      close: () => client.destroy(),
    }
  },
  async 'ioredis 5'(port, prefix) {
    const client = new io5.Redis({ host: '127.0.0.1', port }).on('error', quiet)
    return {
      store: redisStore(client, { prefix }),
      ask: (name, ...rest) => client.call(name, ...rest),
      close: () => client.disconnect(),
    }
  },
  async 'ioredis 6'(port, prefix) {
    const client = new io6.Redis({ host: '127.0.0.1', port }).on('error', quiet)
    return {
      store: redisStore(client, { prefix }),
      ask: (name, ...rest) => client.call(name, ...rest),
      close: () => client.disconnect(),
    }
  },
}

/** Only compiled: what else an app may have. */
export const others = (): unknown[] => [
  redisStore(node5.createCluster({ rootNodes: [] })),
  redisStore(node6.createCluster({ rootNodes: [] })),
  redisStore(node5.createClientPool()),
  redisStore(node6.createClientPool()),
  redisStore(node5.createSentinel({ name: 'main', sentinelRootNodes: [] })),
  redisStore(node6.createSentinel({ name: 'main', sentinelRootNodes: [] })),
  redisStore(new io5.Cluster([])),
  redisStore(new io6.Cluster([])),
  // @ts-expect-error: a client has to be given, not a promise of one
  redisStore(node6.createClient().connect()),
]
