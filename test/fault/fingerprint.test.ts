import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createConnection } from 'node:net'
import { test } from 'node:test'
import vm from 'node:vm'
import { fingerprintOf } from '../../src/fault/fingerprint.ts'
import { type Frame, framesIn, stackOf, traceOf, traceStart } from '../../src/fault/stack.ts'
import { hostileValues, throwingGetters } from '../support/hostile.ts'

const framesOf = (error: unknown): Frame[] => framesIn(traceOf(error))

/** An error whose trace is what the test says. */
function withTrace(lines: string[], message = 'boom', properties: object = {}): Error {
  const error = Object.assign(new Error(message), properties)
  error.stack = [`Error: ${message}`, ...lines.map((line) => `    at ${line}`)].join('\n')
  return error
}

const same = (a: unknown, b: unknown): void => assert.equal(fingerprintOf(a), fingerprintOf(b))
const different = (a: unknown, b: unknown): void => assert.notEqual(fingerprintOf(a), fingerprintOf(b))
const here = process.cwd()

for (const [name, value] of hostileValues()) {
  test(`gives ${name} a fingerprint`, () => {
    assert.match(fingerprintOf(value), /^[0-9a-f]{16}$/)
    same(value, value)
    assert.ok(Array.isArray(framesOf(value)))
  })
}

function load(id: number): Error {
  return new Error(`user ${id} not found`)
}

test('the same bug has one fingerprint, whatever ids its message holds', () => {
  const errors = [1, 2, 12345].map((id) => load(id))
  assert.equal(new Set(errors.map(fingerprintOf)).size, 1)
})

test('two bugs have two fingerprints', () => {
  const save = (): Error => new Error('user 1 not found')
  different(load(1), save())
})

test('the type and the code count', () => {
  const line = [`load (${here}/src/a.js:1:2)`]
  different(withTrace(line), withTrace(line, 'boom', { name: 'DatabaseError' }))
  different(withTrace(line, 'boom', { code: 'A' }), withTrace(line, 'boom', { code: 'B' }))
  different(withTrace(line), withTrace(line, 'boom', { code: 7 }))
  same(withTrace(line), withTrace(line, 'boom', { code: {} }))
})

test('the message does not count where there are frames', () => {
  const line = [`load (${here}/src/a.js:1:2)`]
  same(withTrace(line, 'one thing'), withTrace(line, 'another'))
})

test('the frame counts with its function and file, without line and column', () => {
  same(withTrace([`load (${here}/a.js:1:2)`]), withTrace([`load (${here}/a.js:30:4)`]))
  different(withTrace([`load (${here}/a.js:1:2)`]), withTrace([`save (${here}/a.js:1:2)`]))
  different(withTrace([`load (${here}/a.js:1:2)`]), withTrace([`load (${here}/b.js:1:2)`]))
})

test('the line of a nameless function counts, its column does not', () => {
  for (const name of ['Object.<anonymous>', '<anonymous>', 'Object.handler', 'preHandler']) {
    different(withTrace([`${name} (${here}/a.js:1:2)`]), withTrace([`${name} (${here}/a.js:30:2)`]))
    same(withTrace([`${name} (${here}/a.js:1:2)`]), withTrace([`${name} (${here}/a.js:1:9)`]))
  }
  different(withTrace([`${here}/a.js:1:2`]), withTrace([`${here}/a.js:30:2`]))
  same(withTrace([`${here}/a.js:1:2`]), withTrace([`Object.<anonymous> (${here}/a.js:1:5)`]))
})

test('how V8 words a frame does not count: async, aliases, receivers, module URLs', () => {
  const plain = withTrace([`load (${here}/a.js:1:2)`])
  same(plain, withTrace([`async load (${here}/a.js:1:2)`]))
  same(plain, withTrace([`Object.load [as get] (${here}/a.js:1:2)`]))
  same(plain, withTrace([`load (file://${here}/a.js:1:2)`]))
})

test('the innermost five own frames count, recursion once', () => {
  const lines = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => `f${i} (${here}/a.js:1:2)`)
  same(withTrace(lines(5)), withTrace(lines(6)))
  different(withTrace(lines(4)), withTrace(lines(5)))
  const again = `f (${here}/a.js:1:2)`
  same(withTrace([again]), withTrace([again, again, again, again, again, again]))
})

test('neither Node nor dependencies count beside own frames', () => {
  const own = `load (${here}/a.js:1:2)`
  const foreign = [
    'JSON.parse (<anonymous>)',
    'Array.map (<anonymous>)',
    'fn (node:internal/timers:5:5)',
    `query (${here}/node_modules/pg/index.js:3:3)`,
    'async Promise.all (index 0)',
    'wasm://wasm/ab12:wasm-function[3]:0x2',
    'eval (eval at run (<anonymous>:1:1), <anonymous>:1:1)',
    'fn (native)',
  ]
  same(withTrace([own]), withTrace([...foreign, own, ...foreign]))
})

test('paths are relative to the working directory and to node_modules, so that hosts agree', () => {
  same(withTrace([`load (${here}/src/a.js:1:2)`]), withTrace(['load (src/a.js:1:2)']))
  same(
    withTrace(['query (/one/node_modules/pg/index.js:3:3)']),
    withTrace(['query (/two/node_modules/x/node_modules/pg/index.js:9:3)']),
  )
  same(withTrace(['load (C:\\app\\a.js:1:2)']), withTrace(['load (file://C:/app/a.js:1:2)']))
})

test('without own frames, the frames of Node and of dependencies count', () => {
  different(withTrace(['fn (node:net:5:5)']), withTrace(['other (node:net:5:5)']))
  same(withTrace(['fn (node:net:5:5)'], 'a'), withTrace(['fn (node:net:5:5)'], 'b'))
})

test('a refused connection has one fingerprint for all addresses', async () => {
  const refused = (port: number): Promise<unknown> =>
    new Promise((resolve) => createConnection({ port, host: '127.0.0.1' }).on('error', resolve))
  same(await refused(1), await refused(2))
})

test('without any frame, the message counts with its ids replaced', () => {
  const pairs = [
    ['user 1 not found', 'user 99 not found'],
    ['no row 3f2504e0-4f89-11d3-9a0c-0305e82c3301', 'no row 9b2d04e0-aaaa-11d3-9a0c-0305e82c3399'],
    ['key "a" is taken', 'key "b c" is taken'],
    ["key 'a' is taken", "key 'it is b' is taken"],
    ['key `a` is taken', 'key `b` is taken'],
    ['hash deadbeef', 'hash cafebabe'],
    ['id usr_9f8a', 'id usr_12ab34'],
    [`key "${'a'.repeat(600)}`, `key "${'b'.repeat(900)}" is taken`],
  ]
  for (const [a, b] of pairs) {
    same(withTrace([], a), withTrace([], b))
    same(a, b)
  }
  different(withTrace([], "can't open the door"), withTrace([], "can't close the door"))
  different('out of coffee', 'out of tea')
  different({ a: 1 }, { b: 1 })
  same({ id: 1 }, { id: 2 })
})

test('frames in a message are part of the message', () => {
  const forged = `x\n    at forged (${here}/forged.js:1:1)`
  same(withTrace([`load (${here}/a.js:1:2)`]), withTrace([`load (${here}/a.js:1:2)`], forged))
  assert.equal(framesOf(withTrace(['load (/a.js:1:2)'], forged))[0]?.name, 'load')
})

test('a message that was changed after the error was made does not hide the frames', () => {
  const error = load(1)
  const frames = framesOf(error)
  error.message = `wrapped: ${error.message}`
  assert.deepEqual(framesOf(error), frames)
  error.message = 'user'
  assert.deepEqual(framesOf(error), frames)
})

test('framesOf parses what V8 writes', () => {
  const [frame] = framesOf(load(1))
  assert.equal(frame?.name, 'load')
  assert.match(frame?.file ?? '', /\/fault\/fingerprint\.test\.ts$/)
  assert.match(frame?.line ?? '', /^\d+$/)
  const foreign = vm.runInNewContext(
    'function f() { return new Error("x") } f()',
    {},
    { filename: '/x/y (1).js' },
  )
  assert.deepEqual(framesOf(foreign)[0], { name: 'f', file: '/x/y (1).js', line: '1' })
})

test('frames are bounded, and empty for what has no stack', () => {
  assert.equal(framesOf(withTrace(Array.from({ length: 500 }, () => 'f (/a.js:1:1)'))).length, 50)
  assert.deepEqual(framesOf('x'), [])
  assert.deepEqual(framesOf(throwingGetters()), [])
  assert.deepEqual(framesOf(withTrace(['f (/a.js:1:1)\n      note'])), [
    { name: 'f', file: '/a.js', line: '1' },
  ])
  assert.equal(framesOf(withTrace(['x'.repeat(5000)]))[0]?.file.length, 1024)
})

test('stackOf and traceStart', () => {
  assert.equal(stackOf({ stack: 'x' }), 'x')
  assert.equal(stackOf({ stack: [] }), undefined)
  assert.equal(traceStart('Error: m\n    at f', 'm'), 8)
  assert.equal(traceStart('Error\n    at f', ''), 5)
  assert.equal(traceStart('Error: m', 'm'), -1)
})

/** Milliseconds of the fastest of ten calls: what else the machine does is not in it. */
function fastest(call: () => unknown): number {
  const times = Array.from({ length: 10 }, () => {
    const started = performance.now()
    call()
    return performance.now() - started
  })
  return Math.min(...times)
}

test('a fingerprint of a message of 10 MB costs no more than its comparison', () => {
  const message = 'm'.repeat(10 * 1024 * 1024)
  const error = new Error(message)
  // The machine decides how long a digest takes, which reads every byte once.
  const digest = fastest(() => createHash('sha256').update(message).digest())
  const fingerprint = fastest(() => fingerprintOf(error))
  assert.ok(fingerprint < 20 * digest, `${fingerprint} ms, a digest ${digest} ms`)
})

test('a trace that was seen before tells the same, and two bugs on one trace stay two', () => {
  const trace = ['f (/app/a.js:1:1)', 'g (/app/a.js:2:1)']
  const first = fingerprintOf(withTrace(trace))
  assert.notEqual(fingerprintOf(Object.assign(withTrace(trace), { code: 'E_OTHER' })), first)
  for (let i = 0; i < 1000; i += 1) fingerprintOf(withTrace([`f${i} (/app/a.js:1:1)`]))
  assert.equal(fingerprintOf(withTrace(trace)), first)
  assert.equal(fingerprintOf(Object.assign(withTrace(trace), { message: 'another' })), first)
})
