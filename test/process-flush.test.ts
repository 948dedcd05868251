import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { type DestinationStream, multistream, pino, transport } from 'pino'
import { flushLogs } from '../src/process/flush.ts'
import { temporaryFolder } from './support/folder.ts'

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
  const start = performance.now()
  await flushLogs([log], 100, true)
  assert.ok(performance.now() - start < 5_000)
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
  await flushLogs([own, broken, {}] as never, 1_000, true)
  assert.equal(flushed, 1)
})
