/** The recorder's thread: copies the requests in flight into the file. */
import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import { Copier, isDue } from './copier.ts'
import { STOPPED } from './shared-memory.ts'
import type { RecorderThreadData } from './thread-data.ts'

const { path, board, shared } = workerData as RecorderThreadData

/** Milliseconds between two looks while requests come and go: at most 25 copies a second. */
const BUSY_PERIOD = 40
/** Milliseconds between two looks once none has come or gone for a second. */
const IDLE_PERIOD = 200
/** How many looks in vain make it idle. */
const LOOKS = 25
/** Milliseconds between two looks whether the file is still there. */
const FILE_PERIOD = 1_000

const file = openSync(path, 'r+')
const write = (bytes: Uint8Array, at: number): void => {
  writeSync(file, bytes, 0, bytes.length, at)
}
const copier = new Copier(board, shared, write, Date.now())
let looksInVain = 0
let fileSeenAt = Date.now()
for (;;) {
  const now = Date.now()
  looksInVain = copier.copy(now) ? 0 : looksInVain + 1
  if (isDue(fileSeenAt, FILE_PERIOD, now)) {
    // a file that was deleted can be written without an error
    statSync(path)
    fileSeenAt = now
  }
  const period = looksInVain < LOOKS ? BUSY_PERIOD : IDLE_PERIOD
  if (Atomics.wait(shared.words, STOPPED, 0, period) !== 'timed-out') break
}
closeSync(file)
