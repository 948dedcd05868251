import type http from 'node:http'
import type { TestContext } from 'node:test'
import Fastify, { type FastifyHttpOptions, type FastifyInstance } from 'fastify'
import type { Fault } from '../../src/fault/fault.ts'
import { isolate } from '../../src/isolate.ts'
import { isolatedAppOf } from '../../src/isolated-app.ts'
import type { IsolateOptions } from '../../src/options/options.ts'
import { jsonLines, type LogLine } from './child.ts'
import { type Answer, type AskOptions, ask } from './client.ts'
import { WAIT_TIMEOUT } from './timeouts.ts'

export interface TestAppOptions {
  /** Options of the plugin; `false`: the test registers it itself, or not at all. */
  isolate?: IsolateOptions | false
  /** Options of Fastify. The logger writes to {@link TestApp.lines} unless given here. */
  fastify?: FastifyHttpOptions<http.Server>
  /** Options of the logger. */
  logger?: Record<string, unknown>
}

/** A Fastify app on a real socket, which keeps its log in memory. */
export interface TestApp {
  readonly app: FastifyInstance
  /** The faults that `onFault` was called with. */
  readonly faults: Fault[]
  /** Every line of the log. */
  lines(): LogLine[]
  /** The lines of faults. */
  faultLines(): LogLine[]
  /** The lines at `warn` and above. */
  troubleLines(): LogLine[]
  listen(): Promise<number>
  /** Sends a request, and listens before the first one. */
  ask(path: string, options?: AskOptions): Promise<Answer>
}

const WARN = 40

/** Makes an app, and closes it when the test ends. */
export function testApp(t: TestContext, options: TestAppOptions = {}): TestApp {
  let text = ''
  const stream = {
    write: (line: string) => {
      text += line
    },
  }
  const app = Fastify({
    logger: { level: 'info', stream, ...options.logger },
    forceCloseConnections: true,
    ...options.fastify,
  }) as unknown as FastifyInstance
  const faults: Fault[] = []
  if (options.isolate !== false) {
    const given = options.isolate
    app.register(
      isolate({
        ...given,
        onFault: (fault) => {
          faults.push(fault)
          given?.onFault?.(fault)
        },
      }),
    )
  }
  // Leaving is tested in child processes: here a fatal fault must not end the tests.
  app.addHook('onReady', (done) => {
    if (app.hasDecorator('isolation')) {
      isolatedAppOf(app)!.leaveControl = {
        state: 'serving',
        recycleDue: undefined,
        fatal: (_fault, announce) => announce(),
        recycle: () => {},
        escaped: () => {},
        sick: () => {},
        leave: async () => {},
      }
    }
    done()
  })
  let listening: Promise<number> | undefined
  const listen = (): Promise<number> => {
    listening ??= app.listen({ port: 0, host: '127.0.0.1' }).then((address) => Number(new URL(address).port))
    return listening
  }
  // an app that failed to boot cannot be closed
  t.after(() => app.close().catch(() => {}))
  const lines = () => jsonLines(text)
  return {
    app,
    faults,
    lines,
    faultLines: () => lines().filter((line) => line.fault !== undefined),
    troubleLines: () => lines().filter((line) => line.level >= WARN),
    listen,
    ask: async (path, askOptions) => ask(await listen(), path, askOptions),
  }
}

/** Waits for a condition, checked at every turn of the event loop. Rejects after {@link WAIT_TIMEOUT}. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = performance.now() + WAIT_TIMEOUT
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not in ${WAIT_TIMEOUT} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** The default answer to a fault, apart from the request's id. */
export const MASKED = {
  statusCode: 500,
  error: 'Internal Server Error',
  message: 'Internal Server Error',
} as const

/**
 * Returns the JSON of an answer without its request id.
 *
 * @throws Error Where it has no request id.
 */
export function bodyOf(answer: Answer): Record<string, unknown> {
  const { requestId, ...body } = JSON.parse(answer.body)
  if (typeof requestId !== 'string') throw new Error(`no requestId in ${answer.body}`)
  return body
}
