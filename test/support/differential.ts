import assert from 'node:assert/strict'
import type http from 'node:http'
import type { TestContext } from 'node:test'
import Fastify, { type FastifyHttpOptions, type FastifyInstance, type InjectOptions } from 'fastify'
import { isolate } from '../../src/isolate.ts'
import { jsonLines, type LogLine } from './child.ts'
import { type Answer, ask } from './client.ts'

/** Records an event; the order of events is compared. */
export type Note = (...what: unknown[]) => undefined

export interface Scenario {
  readonly fastify?: FastifyHttpOptions<http.Server>
  /** Sets up the app. */
  install(app: FastifyInstance, note: Note): unknown
  /** Sent through `inject()`, one after the other. */
  readonly requests?: readonly (InjectOptions | string)[]
  /** Sent to a real socket, one after the other. */
  readonly paths?: readonly string[]
  /** Records what else to compare, once the app is ready. */
  look?(app: FastifyInstance, note: Note): unknown
}

interface Seen {
  readonly answers: readonly unknown[]
  readonly notes: readonly unknown[]
  readonly lines: readonly unknown[]
}

/** Where the plugin is registered, if it is. */
const PLACES = ['nowhere', 'first', 'last'] as const

/**
 * Returns a log line without the fields that differ from run to run, and without stacks, which hold frames of the
 * plugin.
 */
function steady({ time, pid, responseTime, err, req, msg, ...line }: LogLine): unknown {
  const { stack, ...error } = (err ?? {}) as LogLine
  const { remotePort, host, ...request } = (req ?? {}) as LogLine
  return { ...line, error, request, msg: String(msg).replace(/:\d{4,5}\b/, ':port') }
}

function essenceOf({ status, headers, body, error }: Answer): unknown {
  const { date, ...rest } = headers
  return { status, headers: rest, body, error }
}

async function see(t: TestContext, scenario: Scenario, place: (typeof PLACES)[number]): Promise<Seen> {
  let text = ''
  const stream = {
    write: (line: string) => {
      text += line
    },
  }
  const app = Fastify({
    logger: { stream },
    forceCloseConnections: true,
    ...scenario.fastify,
  }) as unknown as FastifyInstance
  t.after(() => app.close())
  const notes: unknown[] = []
  const note: Note = (...what) => {
    notes.push(what.length === 1 ? what[0] : what)
  }
  if (place === 'first') app.register(isolate())
  await scenario.install(app, note)
  if (place === 'last') app.register(isolate())
  await app.ready()
  assert.equal(app.hasDecorator('isolation'), place !== 'nowhere')

  const answers: unknown[] = []
  for (const request of scenario.requests ?? []) {
    const { statusCode, headers, body, trailers, cookies } = await app.inject(request)
    const { date, ...rest } = headers
    answers.push({ request, statusCode, headers: rest, body, trailers, cookies })
  }
  await scenario.look?.(app, note)
  if (scenario.paths !== undefined) {
    const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
    for (const path of scenario.paths) answers.push({ path, answer: essenceOf(await ask(port, path)) })
  }
  await app.close()
  if (place !== 'nowhere') assert.equal(app.isolation.counts.total, 0, 'no fault: that would be a change')
  return { answers, notes, lines: jsonLines(text).map(steady) }
}

/**
 * Runs a scenario without the plugin, then with it registered first, and with it registered last. Answers, notes
 * and log lines must be the same.
 *
 * @returns What the run without the plugin gave.
 */
export async function staysTheSame(t: TestContext, scenario: Scenario): Promise<Seen> {
  const bare = await see(t, scenario, 'nowhere')
  assert.ok(bare.answers.length + bare.notes.length > 0, 'something is seen at all')
  for (const place of ['first', 'last'] as const) {
    assert.deepEqual(await see(t, scenario, place), bare, `the plugin is registered ${place}`)
  }
  return bare
}
