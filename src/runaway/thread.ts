/** The watching thread: sees that the heartbeat of the main thread stands still, and interrupts what blocks it. */
import { parentPort, workerData } from 'node:worker_threads'
import { killProcess } from '../kill-process.ts'
import { endProcess } from './end-process.ts'
import { Interrogation } from './interrogation.ts'
import { MainClock } from './main-clock.ts'
import { lookAtBoard } from './on-board.ts'
import { BEAT, DEBUGGED, type Reply, type Suspect, WATCHING } from './shared-words.ts'
import type { AppData, ThreadData } from './thread-data.ts'

const data = workerData as ThreadData
const { words, after, pid } = data

/** Milliseconds between two looks at the heartbeat. */
const PERIOD: number = Math.max(20, after / 20)
/** Milliseconds without an answer after which nothing but native code can be what blocks. */
const SILENCE = 5_000
/** Milliseconds that a main thread has which said that it exits. */
const EXIT_TIME = 5_000

let beat = -1
/** Undefined while the heartbeat goes on. */
let clock: MainClock | undefined
let stoodStillAt = performance.now()
let isNoted = false
let allowed = after
let suspect: Suspect | undefined
const apps: AppData[] = []
let interrogation: Interrogation | undefined

function look(): void {
  const now = Atomics.load(words, BEAT)
  if (now !== beat) {
    beat = now
    stoodStillAt = performance.now()
    isNoted = false
    suspect = undefined
    allowed = after
    clock = undefined
    return
  }
  if (Atomics.load(words, DEBUGGED) === 1) {
    clock = undefined
    return
  }
  clock ??= new MainClock(pid)
  clock.tick(PERIOD)
  if (interrogation !== undefined) {
    interrogation.tick(PERIOD)
    if (interrogation.silent > SILENCE && clock.counted >= patience())
      endProcess(pid, apps, blockedFor(), suspect)
    return
  }
  if (clock.counted < (isNoted ? allowed : allowed / 2)) return
  const about = { beat, blocked: blockedFor(), counted: Math.round(clock.counted) }
  interrogation = new Interrogation(data, { ...about, what: isNoted ? 'end' : 'note' }, heed)
}

/** Milliseconds that whoever blocks may take: nobody can tell any more which of the requests in flight it is. */
function patience(): number {
  return Math.max(allowed, ...apps.map((app) => lookAtBoard(app).patience))
}

/** Milliseconds since the heartbeat stands still. */
function blockedFor(): number {
  return Math.round(performance.now() - stoodStillAt)
}

/** @param reply Undefined where the main thread could not be asked. */
function heed(reply: Reply | undefined): void {
  interrogation = undefined
  isNoted = true
  if (reply === 'over') return
  if (typeof reply === 'number') {
    allowed = reply
    return
  }
  if (typeof reply === 'object') {
    suspect = reply
    return
  }
  clock = undefined
  if (reply !== 'exits') return
  setTimeout(killProcess, EXIT_TIME)
}

parentPort?.on('message', (app: AppData) => apps.push(app))
setInterval(look, PERIOD)
Atomics.store(words, WATCHING, 1)
