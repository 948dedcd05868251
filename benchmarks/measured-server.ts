import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Connection } from './connection.ts'
import { type Cores, onCore } from './machine.ts'

/** The programs that are measured. They use the built package, as it is published. */
export const SERVERS: string = fileURLToPath(new URL('./servers/', import.meta.url))

/** Starts one of the programs, as in production and with nothing on its output but complaints. */
export function start(node: string, args: readonly string[], cores: Cores | undefined): ChildProcess {
  const [program, rest] = onCore(cores, [node, ...args])
  const env = { ...process.env, NODE_ENV: 'production' }
  return spawn(program, rest, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
}

/**
 * The next message of a process.
 *
 * @throws Error When the process ends without.
 */
export async function messageOf<Message>(child: ChildProcess): Promise<Message> {
  const ended = new AbortController()
  const exit = once(child, 'exit', { signal: ended.signal }).then(([code, signal]) => {
    throw new Error(`${child.spawnargs.join(' ')} ended early, with ${signal ?? code}`)
  })
  try {
    const [message] = await Promise.race([once(child, 'message', { signal: ended.signal }), exit])
    return message
  } finally {
    exit.catch(() => {})
    ended.abort()
  }
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
   * @param nodeArguments - For Node itself.
   */
  static async start(
    node: string,
    name: string,
    logs: boolean,
    cores?: Cores,
    nodeArguments: readonly string[] = [],
  ): Promise<MeasuredServer> {
    const args = [...nodeArguments, `${SERVERS}${name}.js`, ...(logs ? ['log'] : [])]
    const child = start(node, args, cores)
    const { port } = await messageOf<{ port: number }>(child)
    return new MeasuredServer(child, port)
  }

  /** The CPU time that the process has taken since its start, all threads, in microseconds. */
  async cpu(): Promise<number> {
    const answered = messageOf<{ cpu: number }>(this.#child)
    this.#child.send('cpu')
    return (await answered).cpu
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
