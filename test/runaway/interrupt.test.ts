import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Interrupt, type Running, type WatchedApp } from '../../src/runaway/interrupt.ts'
import { HANDSHAKE, type Question, STATES, WITHDRAWN, WORDS } from '../../src/runaway/shared-words.ts'

/** An app whose running request the test chooses, and which keeps what it is told. */
function setUp() {
  const words = new Int32Array(new SharedArrayBuffer(WORDS * 4))
  const told: string[] = []
  const state: { running: Running | undefined; unowned: Running | undefined; isDebugged: boolean } = {
    running: undefined,
    unowned: undefined,
    isDebugged: false,
  }
  const app: WatchedApp = {
    running: () => state.running,
    unowned: () => state.unowned,
    answerAll: () => told.push('answerAll'),
    warnOfBlocking: () => told.push('blocking'),
    warnOfDebugger: () => told.push('debugger'),
  }
  const interrupt = new Interrupt(
    words,
    [app],
    () => state.isDebugged,
    () => told.push('exit'),
  )
  const request = (after: number | false = 500): Running => ({
    key: {},
    after,
    request: undefined,
    end: () => told.push('end'),
  })
  const ask = (what: Question['what'], more: Partial<Question> = {}) =>
    interrupt.ask({
      number: 1,
      what,
      beat: 0,
      at: Date.now(),
      blocked: 500,
      counted: 500,
      isLastTry: false,
      ...more,
    })
  return { words, told, state, request, ask }
}

const isSuspect = (reply: unknown): boolean => typeof reply === 'object'

test('a heartbeat that goes on is nobody', () => {
  const { state, request, ask } = setUp()
  state.running = request()
  assert.equal(ask('end', { beat: 7 }), 'over')
})

test('who runs when half of the time is over is remembered, with the stack', () => {
  const { state, request, ask } = setUp()
  state.running = request()
  const reply = ask('note')
  assert.ok(typeof reply === 'object')
  assert.match(reply.stack, /interrupt\.test/)
})

test('another one than before is not ended, and the log says what blocks', () => {
  const { state, request, ask, told } = setUp()
  state.running = request()
  assert.ok(isSuspect(ask('note')))
  for (let i = 0; i < 5; i += 1) {
    state.running = request()
    assert.equal(ask('end'), 'anew')
  }
  assert.deepEqual(told, Array(5).fill('blocking'))
})

test('one that has more time gets it, and one that opted out is never ended', () => {
  const { state, request, ask, told } = setUp()
  state.running = request(2_000)
  assert.ok(isSuspect(ask('note')))
  assert.equal(ask('end'), 2_000)
  state.running = request(false)
  assert.equal(ask('note'), 'anew')
  assert.equal(ask('end'), 'anew')
  assert.deepEqual(told, [])
})

test('where no code of the app runs it is asked again, and then it is nobody', () => {
  const { state, request, ask } = setUp()
  assert.equal(ask('end'), 'again')
  assert.equal(ask('end', { isLastTry: true }), 'anew')
  state.unowned = request()
  assert.equal(ask('note'), 'again')
  assert.ok(isSuspect(ask('note', { isLastTry: true })))
})

test('a late answer counts as one of native code, once', () => {
  const { words, state, request, ask } = setUp()
  state.running = request()
  assert.ok(isSuspect(ask('note')))
  const late = { number: 9, at: Date.now() - 10_000 }
  assert.equal(ask('end', late), 'anew')
  assert.equal(words[HANDSHAKE], 0)
  ask('end', late)
  assert.equal(words[HANDSHAKE], 9 * STATES + WITHDRAWN)
})

test('a debugger keeps its hands off', () => {
  const { state, request, ask, told } = setUp()
  state.running = request()
  state.isDebugged = true
  assert.equal(ask('end'), 'anew')
  assert.deepEqual(told, ['debugger'])
})

test('a termination that does not come in time is withdrawn, and nothing is done', () => {
  const { words, state, request, ask, told } = setUp()
  state.running = request()
  assert.ok(isSuspect(ask('note')))
  assert.equal(ask('end', { number: 9 }), 'anew')
  assert.equal(words[HANDSHAKE], 9 * STATES + WITHDRAWN)
  assert.deepEqual(told, [])
})
