import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Connection } from './connection.ts'
import { schedulerTime } from './machine.ts'

/** The programs that are measured. They use the built package, as it is published. */
export const SERVERS: string = fileURLToPath(new URL('./servers/', import.meta.url))

/** Lets a server collect its garbage when it is asked to, between two rounds, and with room for all of a round. */
const COLLECT_BY_ROUND = [
  '--expose-gc',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
  '--initial-old-space-size=256',
]

/** What the programs write to stderr: complaints, and the faults of a server without a logger. */
const STDERR = join(tmpdir(), 'fastify-isolate-bench.stderr')

/** Starts one of the programs, as in production. */
export function start(node: string, args: readonly string[]): ChildProcess {
  const env = { ...process.env, NODE_ENV: 'production' }
  const stderr = openSync(STDERR, 'w')
  try {
    return spawn(node, args, { env, stdio: ['ignore', 'ignore', stderr, 'ipc'] })
  } finally {
    closeSync(stderr)
  }
}

/**
 * The next message of a process.
 *
 * @throws Error When the process ends without.
 */
export async function messageOf<Message>(child: ChildProcess): Promise<Message> {
  const ended = new AbortController()
  const exit = once(child, 'exit', { signal: ended.signal }).then(([code, signal]) => {
    throw new Error(`${child.spawnargs.join(' ')} ended early, with ${signal ?? code}: see ${STDERR}`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', { signal: ended.signal }), exit])
    return message
  } finally {
    exit.catch(() => {})
    ended.abort()
  }
}

/** How a server is started. */
export interface ServerStart {
  readonly logs: boolean
  /** For the plugin. */
  readonly options?: object | undefined
  /** For Node itself. Default: it collects its garbage when it is asked to. */
  readonly nodeArguments?: readonly string[]
}

/** A server in a process of its own. */
export class MeasuredServer {
  readonly #child: ChildProcess
  readonly #port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.#port = port
  }

  /**
   * Starts a server and waits until it listens.
   *
   * @param name - The file in `servers`, without its extension.
   */
  static async start(node: string, name: string, how: ServerStart): Promise<MeasuredServer> {
    const { logs, options = {}, nodeArguments = COLLECT_BY_ROUND } = how
    const args = [...nodeArguments, `${SERVERS}${name}.js`, logs ? 'log' : 'silent', JSON.stringify(options)]
    const child = start(node, args)
    const { port } = await messageOf<{ port: number }>(child)
    return new MeasuredServer(child, port)
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** The CPU time of the process so far, all threads, in microseconds. Where the system tells it, nobody is asked. */
  async cpu(): Promise<number> {
    return schedulerTime(this.pid) ?? (await this.#ask<{ cpu: number }>('cpu')).cpu
  }

  /** Has the process collect its garbage, and tells the bytes that its heap had before and has after it. */
  collect(): Promise<{ before: number; after: number }> {
    return this.#ask('collect')
  }

  #ask<Answer>(question: string): Promise<Answer> {
    const answered = messageOf<Answer>(this.#child)
    this.#child.send(question)
    return answered
  }

  connect(connections: number): Promise<Connection[]> {
    return Promise.all(Array.from({ length: connections }, () => Connection.open(this.#port)))
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}
