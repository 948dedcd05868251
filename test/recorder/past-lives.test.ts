import assert from 'node:assert/strict'
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { METHODS } from 'node:http'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { pino } from 'pino'
import { StateFile } from '../../src/deaths/state-file.ts'
import { FlightFile } from '../../src/flight/flight-file.ts'
import { nameLine } from '../../src/flight/flight-names.ts'
import * as layout from '../../src/flight/layout.ts'
import {
  END_AT,
  type EndMark,
  FLIGHT_VERSION,
  type FlightHeader,
  HEADER_AT,
  NAMES_AT,
  pairOf,
} from '../../src/flight/layout.ts'
import { findPastLives } from '../../src/flight/past-lives.ts'
import { type ProcessIdentity, thisProcess } from '../../src/flight/this-process.ts'
import { TwoHalves } from '../../src/flight/two-halves.ts'
import { InFlightBoard } from '../../src/in-flight/board.ts'
import { Copier } from '../../src/recorder/copier.ts'
import { newSharedMemory, SHARED_BEAT_AT } from '../../src/recorder/shared-memory.ts'
import { tellDeath } from '../../src/recorder/tell-death.ts'
import { type CoveredRoute, RequestContext } from '../../src/request/context.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/until.ts'

const itself: ProcessIdentity = thisProcess()
interface LogLine {
  level: number
  msg: string
  death: { cause: string }
  report: string
}

/** A process that cannot be there. */
const GONE = { pid: 4_194_305, startedAt: 1_000, startTicks: '7' }

function write(t: TestContext, more: Partial<FlightHeader>, end: EndMark = {}) {
  const folder = temporaryFolder(t)
  const versions = { node: 'v1', fastify: '5', 'fastify-isolate': '0' }
  const header = { version: FLIGHT_VERSION, id: 'x', build: 'b', ...itself, ...GONE, ...more }
  const file = new FlightFile(join(folder, `flight-${header.pid}-${header.startedAt}.bin`), assert.ifError)
  file.open(folder)
  file.writeText(HEADER_AT, JSON.stringify({ ...header, listenedAt: 2_000, versions, platform: 'x' }))
  file.writeText(END_AT, JSON.stringify(end))
  file.close()
  const before = new Date(Date.now() - 10_000)
  utimesSync(file.path, before, before)
  const findAll = () => findPastLives(folder, itself)
  return { folder, path: file.path, findAll, find: () => findAll().map(({ life }) => life) }
}

test('a process that lives is never found, whatever the pid of one that is gone', (t) => {
  for (const { pid, startedAt, startTicks } of [itself]) {
    const { find, path } = write(t, { pid, startedAt, startTicks })
    assert.deepEqual([find(), existsSync(path)], [[], true])
  }
  const parent = process.ppid
  const ticks = thisProcess().startTicks === undefined ? undefined : '7'
  // the pid of a process that lives, and that was started at another time
  const [life] = write(t, { pid: parent, startTicks: ticks }).find()
  assert.equal(life?.how, ticks === undefined ? undefined : 'died')
})

test('each is found once', (t) => {
  const { find, path } = write(t, {})
  const [life, ...more] = find()
  assert.deepEqual([life?.how, life?.death?.cause, more], ['died', 'sudden', []])
  assert.match(life?.because ?? '', /^killed by a signal, or crashed in native code, as soon as it listened$/)
  assert.deepEqual([find(), existsSync(path)], [[], false])
})

/**
 * The death of a process, as its recorder tells of it.
 *
 * @param lasted Milliseconds that it lived.
 * @param cameAt When a request of `GET /a` came, which was never answered.
 * @param stoodFrom When the event loop turned last.
 */
function deathOf(t: TestContext, lasted: number, cameAt: number, stoodFrom: number = lasted) {
  const { path, find } = write(t, {})
  const file = openSync(path, 'r+')
  const name = nameLine(pairOf(0, METHODS.indexOf('GET')), 'GET', '/a')
  writeSync(file, name, NAMES_AT)
  const board = new InFlightBoard()
  const shared = newSharedMemory()
  const writeBytes = (bytes: Uint8Array, at: number) => writeSync(file, bytes, 0, bytes.length, at)
  const copier = new Copier(board.memory, shared, writeBytes, 0)
  const request = { id: 'x', raw: { method: 'GET' } } as unknown as FastifyRequest
  const route = { pattern: '/a', index: 0 } as CoveredRoute
  for (let at = 0; at <= lasted; at += 50) {
    shared.floats[SHARED_BEAT_AT] = Math.min(at, stoodFrom)
    if (at === cameAt) board.add(new RequestContext(request, {} as FastifyReply, route))
    copier.copy(at)
  }
  closeSync(file)
  return find()[0]?.death
}

test('the time for which the event loop stood still at the end says nothing of how often a route is in flight', (t) => {
  const died = deathOf(t, 4_900, 2_000, 2_200)
  assert.deepEqual(died?.inFlight, ['GET /a'])
  const presence = died.presence['GET /a'] ?? Number.NaN
  // For 200 of 2 200 ms. With the time of the last rates, and not of the death, none would be left.
  assert.ok(Math.abs(presence - 0.09) < 0.03, `${presence}`)
})

test('copies say how often a route is in flight once its rates are written, soon after the first', (t) => {
  const lifeOf = (lasted: number, isIdle = false) => deathOf(t, lasted, isIdle ? Number.POSITIVE_INFINITY : 0)
  const early = lifeOf(50)
  assert.deepEqual([early?.inFlight, early?.samples, early?.presence], [['GET /a'], 0, {}])
  const later = lifeOf(150)
  assert.deepEqual([later?.samples, later?.presence], [3, { 'GET /a': 1 }])
  // that nobody ever came is known too
  const idle = lifeOf(150, true)
  assert.deepEqual([idle?.samples, idle?.presence], [3, {}])
})

test('what it saw of its own end is believed', (t) => {
  const at = 3_000
  const exit = { code: 1, wasCalled: true, callers: ['lib/foo.js:12'], at }
  const left = { because: 'left: recycle, exit code 75', isSignal: false, at }
  const fatal = { cause: 'runaway', because: 'a fatal fault', culprit: 'GET /a', at } as const
  const signal = { name: 'SIGTERM', at }
  const ends: [EndMark, string, string | undefined, string][] = [
    [{ exit }, 'died', 'exit', 'exited by lib/foo.js:12 with code 1'],
    [
      { exit: { ...exit, wasCalled: false, callers: [], code: 0 } },
      'died',
      'exit',
      'had nothing left to do, and exited with code 0',
    ],
    [{ exit, left }, 'orderly', undefined, left.because],
    [{ exit, left: { ...left, isSignal: true } }, 'signal', undefined, left.because],
    [{ fatal, left }, 'died', 'runaway', 'a fatal fault'],
    [{ fatal: { ...fatal, at: at + 1 }, left }, 'orderly', undefined, left.because],
    [{ signal, exit }, 'signal', undefined, 'ended on SIGTERM'],
    [{ signal, exit: { ...exit, at: at + 200_000 } }, 'died', 'exit', 'exited by lib/foo.js:12 with code 1'],
  ]
  for (const [end, how, cause, because] of ends) {
    const [life] = write(t, {}, end).find()
    assert.deepEqual([life?.how, life?.death?.cause, life?.because], [how, cause, because])
    assert.equal(life?.death?.culprit, cause === 'runaway' ? 'GET /a' : undefined)
  }
})

test('the machine was restarted', (t) => {
  const [life] = write(t, { bootId: 'another' }).find()
  assert.deepEqual(
    [life?.how, life?.death, life?.because],
    ['signal', undefined, 'the machine was restarted'],
  )
})

test('an end that left no mark is told, also that of the machine', (t) => {
  const told = (more: Partial<FlightHeader>, end: EndMark = {}): LogLine[] => {
    const { folder, findAll } = write(t, more, end)
    const lines: LogLine[] = []
    const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) })
    for (const found of findAll()) tellDeath(found, log, folder)
    return lines
  }
  const [line] = told({ bootId: 'another' })
  assert.deepEqual(
    [line?.level, line?.msg, line?.death.cause],
    [50, 'the process before this one died: the machine was restarted', 'sudden'],
  )
  assert.equal(JSON.parse(readFileSync(line?.report ?? '', 'utf8')).note, 'the machine was restarted')
  const left = { because: 'left: recycle, exit code 75', isSignal: false, at: 3_000 }
  assert.deepEqual(told({ bootId: 'another' }, { left }), [])
})

test('in another pid namespace, and on another machine, the age of the file tells', (t) => {
  const { find } = write(t, { pidNamespace: 'pid:[1]', pid: itself.pid })
  assert.equal(find()[0]?.how, 'died')
  // that of a process that lives is written while it is looked at
  for (const elsewhere of [{ pidNamespace: 'pid:[1]' }, { bootId: 'another machine of this name' }]) {
    const living = write(t, elsewhere)
    const future = new Date(Date.now() + 500)
    utimesSync(living.path, future, future)
    const started = performance.now()
    assert.equal(living.find().length, 1)
    assert.ok(performance.now() - started >= 2_000, 'it did not wait')
  }
})

test('a file is written every second, also before a thread does, and one that cannot be written is taken away', async (t) => {
  const path = join(temporaryFolder(t), 'flight-1-1.bin')
  const failures: unknown[] = []
  const file = new FlightFile(path, (error) => failures.push(error))
  file.open(dirname(path))
  const openedAt = statSync(path).mtimeMs
  await until(() => statSync(path).mtimeMs > openedAt)
  file.fail(new Error('no space left on device'))
  assert.deepEqual([failures.length, existsSync(path)], [1, false])
})

test('of the files that other hosts have left the newest twenty are kept, and those that are still written', (t) => {
  const { find, folder, path } = write(t, { host: `not ${hostname()}` })
  for (let i = 0; i < 30; i += 1) {
    const copy = join(folder, `flight-${i}-1.bin`)
    copyFileSync(path, copy)
    const at = new Date(Date.now() - (i < 25 ? 1_000 : 100_000 + i * 1_000))
    utimesSync(copy, at, at)
  }
  assert.deepEqual(find(), [])
  const left = readdirSync(folder).length
  assert.equal(left, 26, 'the newest are all written, and of the others none is among the twenty')
})

test('files of other hosts, of other versions, and what is no file of the recorder are left alone for a day', (t) => {
  const damaged = { build: 7 as never }
  for (const other of [{ host: `not ${hostname()}` }, { version: 99 }, damaged]) {
    const { find, folder, path } = write(t, other)
    writeFileSync(join(folder, 'flight-1-1.txt'), 'x')
    assert.deepEqual([find(), readdirSync(folder).length], [[], 2])
    utimesSync(path, new Date(0), new Date(0))
    assert.deepEqual([find(), readdirSync(folder)], [[], ['flight-1-1.txt']])
  }
})

test('what is damaged in a file spoils neither what is told of the death nor the state that remembers it', (t) => {
  const notNumbers = Buffer.alloc(layout.COPY_HEAD * 8, 0xff)
  for (const [what, damage] of Object.entries({ short: Buffer.alloc(3), 'of no numbers': notNumbers })) {
    const { find, findAll, folder, path } = write(t, {}, { exit: { code: 'x' } } as never)
    const file = openSync(path, 'r+')
    const put = (bytes: Uint8Array, at: number) => void writeSync(file, bytes, 0, bytes.length, at)
    put(Buffer.from('[null]'), layout.FAULTS_AT)
    for (const [at, size] of [
      [layout.COPIES_AT, layout.COPY_HALF],
      [layout.RATES_AT, layout.RATES_HALF],
    ] as const) {
      const halves = new TwoHalves(at, size, put)
      halves.body.set(damage)
      halves.write(damage.length)
    }
    closeSync(file)
    const kept = readFileSync(path)
    const [found] = findAll()
    assert.ok(found !== undefined, what)
    const lines: LogLine[] = []
    tellDeath(found, pino({}, { write: (line) => void lines.push(JSON.parse(line) as LogLine) }), folder)
    assert.match(`${lines[0]?.msg}`, /^the process before this one died: killed by a signal/, what)

    writeFileSync(path, kept)
    const state = new StateFile(folder, assert.ifError)
    state.update((before) => ({ ...before, deaths: find().flatMap(({ death }) => death ?? []) }))
    assert.equal(new StateFile(folder, (_, error) => assert.ifError(error)).read().deaths.length, 1, what)
  }
})
