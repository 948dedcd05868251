import { EventEmitter } from 'node:events'
import { readFile } from 'node:fs'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { type Bug, fails, SECRET } from './faults.ts'

function explode(): never {
  throw new Error(SECRET)
}

/** Bugs whose error escapes to the process. Their clients wait for the grace at most. */
export const ESCAPES: readonly Bug[] = [
  {
    name: 'a floating promise rejects',
    path: '/floats',
    handler: () => {
      void fails()
    },
    client: 500,
  },
  {
    name: 'the same, but it answers well',
    path: '/floats-well',
    handler: async () => {
      void fails()
      return 'fine'
    },
    client: 200,
  },
  {
    name: 'a throw in setTimeout',
    path: '/timeout',
    handler: () => {
      setTimeout(explode, 1)
    },
    client: 500,
  },
  {
    name: 'a throw in setImmediate',
    path: '/immediate',
    handler: () => {
      setImmediate(explode)
    },
    client: 500,
  },
  {
    name: 'a throw in nextTick',
    path: '/tick',
    handler: () => {
      process.nextTick(explode)
    },
    client: 500,
  },
  {
    name: 'a throw in a callback of fs',
    path: '/fs',
    handler: () => {
      readFile(fileURLToPath(import.meta.url), explode)
    },
    client: 500,
  },
  {
    name: "an 'error' event nobody hears",
    path: '/emitter',
    handler: () => {
      setImmediate(() => new EventEmitter().emit('error', new Error(SECRET)))
    },
    client: 500,
  },
  {
    name: 'a stream nobody looks after',
    path: '/pipe',
    handler: () => {
      new Readable({ read() {} }).destroy(new Error(SECRET))
    },
    client: 500,
  },
]
