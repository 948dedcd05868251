/** What is used of a client of node-redis, from version 5. Clusters, pools and sentinels of it have it too. */
export interface NodeRedisClient {
  EVAL(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>
}

/** What is used of a client of ioredis, from version 5. Its clusters have it too. */
export interface IORedisClient {
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>
  defineCommand(name: string, definition: { lua: string }): void
}
