import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { channel } from 'node:diagnostics_channel'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import type { FastifyBaseLogger, FastifyReply } from 'fastify'
import Fastify from 'fastify'
import { answerRaw, cut } from '../../src/answer/raw.ts'
import { isolationOf } from '../../src/app-isolation.ts'
import { uncoveredError } from '../../src/coverage/uncovered.ts'
import type { Fault } from '../../src/fault/fault.ts'
import { fingerprintOf } from '../../src/fault/fingerprint.ts'
import { serializeError } from '../../src/fault/serialize.ts'
import { IsolatedApp } from '../../src/isolated-app.ts'
import { logFailure, logFault, logHandledLate, logHeldBack } from '../../src/log/log.ts'
import { announceFault } from '../../src/log/on-fault.ts'
import { resolveOptions } from '../../src/options/resolve.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'

const boom = (): never => {
  throw new Error('boom')
}

const hostileFault = {
  verdict: 'contain',
  request: undefined,
  get error(): unknown {
    return boom()
  },
} as unknown as Fault

describe('the log never throws', () => {
  const broken = {
    level: 'info',
    child: boom,
    info: boom,
    warn: boom,
    error: boom,
  } as unknown as FastifyBaseLogger

  it('with a fault that cannot be read', () => {
    logFault(broken, hostileFault)
    logHandledLate(broken, hostileFault)
  })

  it('with a logger that throws', () => {
    logFailure(broken, new Error('x'), 'trouble')
    logHeldBack(broken, { fingerprint: 'f', heldBack: 1, window: 1, route: undefined, reqId: undefined })
  })

  it('where the logger is silent, and writes nothing then', () => {
    logFault({ ...broken, level: 'silent' } as FastifyBaseLogger, { error: 1, verdict: 'contain' } as Fault)
  })

  it('where a child is nothing: the logger itself writes', () => {
    const lines: unknown[] = []
    const log = {
      ...broken,
      level: 'info',
      child: () => undefined,
      fatal: () => {},
      error: (line: unknown) => lines.push(line),
    }
    logFault(log as unknown as FastifyBaseLogger, { error: 1, verdict: 'contain' } as Fault)
    assert.equal(lines.length, 1)
  })
})

describe('the raw answer never throws', () => {
  it('where the head cannot be written: it cuts', () => {
    let isCut = false
    const raw = {
      getHeaderNames: () => [],
      writeHead: boom,
      destroy: () => {
        isCut = true
      },
    }
    answerRaw({
      raw,
      request: { id: 'a', raw: {} },
      getHeaders: () => ({}),
      hijack() {},
    } as unknown as FastifyReply)
    assert.ok(isCut)
  })

  it('where the response cannot be destroyed', () => {
    cut({ raw: { destroy: boom } } as unknown as FastifyReply)
  })
})

it('the channel is told where Node does not show its subscribers', () => {
  const faults = channel('fastify-isolate:fault')
  const heard: unknown[] = []
  const listener = (message: unknown): void => {
    heard.push(message)
  }
  faults.subscribe(listener)
  const holder = faults as unknown as { _subscribers: unknown }
  const subscribers = holder._subscribers
  holder._subscribers = { 0: listener, length: 1 }
  const message = { fault: {} as Fault, request: undefined, reply: undefined }
  try {
    announceFault(message, undefined, () => {})
  } finally {
    holder._subscribers = subscribers
    faults.unsubscribe(listener)
  }
  assert.deepEqual(heard, [message])
})

it('an app that the process does not know yet serves, and has nothing to leave', async () => {
  const isolation = isolationOf(new IsolatedApp(Fastify(), resolveOptions({})))
  assert.equal(isolation.state, 'serving')
  assert.equal(await isolation.leave(), undefined)
})

it('a long list of uncovered routes is cut', () => {
  const routes = Array.from({ length: 23 }, (_, i) => `GET /${i}`)
  assert.match(uncoveredError(routes).message, /GET \/19 and 3 more\. /)
})

it('errors of an AggregateError whose list throws are none', () => {
  const errors = new Proxy([new Error('a')], { get: boom })
  assert.deepEqual(serializeError(Object.assign(new Error('x'), { errors })).errors, [])
})

it('a stack of long lines has the fingerprint of the same bug each time', () => {
  const frames = Array.from(
    { length: 20 },
    (_, i) => `\n    at f${i} (/app/${'long/'.repeat(150)}${i}.js:1:1)`,
  )
  const make = (frame: string[]) => Object.assign(new Error('x'), { stack: `Error: x${frame.join('')}` })
  assert.equal(fingerprintOf(make(frames)), fingerprintOf(make(frames)))
  assert.notEqual(fingerprintOf(make(frames)), fingerprintOf(make(frames.slice(1))))
})

it('a process whose folder is gone, or is the root, has fingerprints too', async () => {
  const source = JSON.stringify(new URL('../../src/fault/fingerprint.ts', import.meta.url).href)
  const folder = JSON.stringify(mkdtempSync(join(tmpdir(), 'isolate-')))
  for (const go of [`process.chdir(${folder}); fs.rmdirSync(${folder})`, "process.chdir('/')"]) {
    const code = `import fs from 'node:fs'; ${go}; const { fingerprintOf } = await import(${source});
      console.log(fingerprintOf(new Error('x')))`
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...TYPESCRIPT,
      '--input-type=module',
      '-e',
      code,
    ])
    assert.match(stdout, /^[0-9a-f]{16}\n$/)
  }
})
