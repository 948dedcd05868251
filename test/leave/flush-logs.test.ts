import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DestinationStream, multistream, pino, transport } from 'pino'
import { flushLogs } from '../../src/leave/flush-logs.ts'
import { temporaryFolder } from '../support/folder.ts'
import { TEST_TIMEOUT, WAIT_TIMEOUT } from '../support/timeouts.ts'
import { until } from '../support/until.ts'

const LINES = 2_000

/** Nothing ends the process here: what is in the file was written by the flush, not by pino's own exit handlers. */
async function assertFlushed(
  stream: DestinationStream,
  written: () => string,
  forGood: boolean,
): Promise<void> {
  const log = pino({}, stream)
  const child = log.child({ pad: 'x'.repeat(100) })
  for (let i = 0; i < LINES; i++) child.info(`line ${i}`)
  await flushLogs([child], 10_000, forGood)
  assert.equal(written().trimEnd().split('\n').length, LINES)
}

test('an asynchronous destination, also one that holds lines back', async (t) => {
  for (const minLength of [0, 1_000_000]) {
    const dest = join(temporaryFolder(t), 'log')
    const maxWrite = minLength + 16_384
    const stream = pino.destination({ dest, sync: false, minLength, maxWrite })
    await assertFlushed(stream, () => readFileSync(dest, 'utf8'), false)
  }
})

test('a worker transport, for good', async (t) => {
  const destination = join(temporaryFolder(t), 'log')
  const stream = transport({ target: 'pino/file', options: { destination } })
  await assertFlushed(stream, () => readFileSync(destination, 'utf8'), true)
})

test('a slow stream, also within a multistream', async () => {
  for (const wrap of [(stream: Writable) => stream, (stream: Writable) => multistream([{ stream }])]) {
    let text = ''
    const slow = new Writable({
      write: (chunk, _encoding, done) => {
        setImmediate(() => {
          text += chunk
          done()
        })
      },
    })
    await assertFlushed(wrap(slow), () => text, true)
  }
})

test('a destination that never ends is not waited for any longer than allowed', async () => {
  const stuck = new Writable({ write: () => {} })
  const log = pino({}, stuck)
  log.info('lost')
  const flushed = flushLogs([log], 100, true).then(() => 'given up')
  assert.equal(await Promise.race([flushed, sleep(WAIT_TIMEOUT, 'waited for', { ref: false })]), 'given up')
})

test('a logger of another make is asked to flush, and none of them can throw', async () => {
  let flushed = 0
  const own = {
    flush: () => {
      flushed += 1
    },
  }
  const broken = {
    flush: () => {
      throw new Error('broken')
    },
  }
  const hostile = new Proxy(
    {},
    {
      getPrototypeOf: () => {
        throw new Error('hostile')
      },
    },
  )
  await flushLogs([own, broken, {}, hostile] as never, 1_000, true)
  assert.equal(flushed, 1)
})

/** A pino logger over anything that can be written to. */
const over = (destination: object) => pino({}, Object.assign(destination, { write: () => {} }) as never)

test('a flush that gives a promise is awaited, whichever way it settles', async () => {
  const order: string[] = []
  const resolves = over({ flush: () => until(() => true).then(() => order.push('flushed')) })
  const rejects = over({ flush: () => Promise.reject(new Error('refused')) })
  await flushLogs([resolves, rejects], 50_000, true)
  assert.deepEqual(order, ['flushed'])
})

test('a destination with a flushSync alone is flushed by it, a closed one is left alone', async () => {
  let flushed = 0
  const flushSync = () => {
    flushed += 1
  }
  const logs = [{ flushSync }, { flushSync, closed: true }, { flushSync, destroyed: true }].map(over)
  await flushLogs(logs, 1_000, true)
  assert.equal(flushed, 1)
})

test('a destination that fails meanwhile is given up at once', async () => {
  const fail: ((error: Error) => void)[] = []
  const asked: number[] = []
  const broken = over({
    _len: 10,
    on: (_event: string, listener: (error: Error) => void) => fail.push(listener),
    flush: () => {
      asked.push(1)
      for (const listener of fail) listener(new Error('EPIPE'))
    },
  })
  await flushLogs([broken], 2 * TEST_TIMEOUT, true)
  assert.equal(asked.length, 1)
})

test('where the process lives on, no stream and no worker is ended', async () => {
  let ended = 0
  const end = () => {
    ended += 1
  }
  await flushLogs([over({ writableLength: 0, end }), over({ worker: {}, end })], 5_000, false)
  assert.equal(ended, 0)
})
