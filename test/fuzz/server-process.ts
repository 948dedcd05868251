import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { IsolateOptions } from '../../src/index.ts'
import type { LogLine } from '../support/child.ts'
import { WAIT_TIMEOUT } from '../support/timeouts.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'

/** How the server registers the plugin. */
export interface Setup extends Pick<IsolateOptions, 'leave'> {
  /** Whether the process is old enough for a recycle, which then comes at the one request that is sent for it. */
  readonly isOld?: boolean
}

/** What the server has left when nothing is in flight. */
export interface Sample {
  /** Bytes. */
  readonly heap: number
  /** The URLs of requests that never ended. */
  readonly inFlight: readonly string[]
}

interface Message {
  readonly node?: string
  readonly ports?: readonly [number, number]
  readonly sample?: Sample
}

/** The server in a process of its own, seen from outside. */
export interface ServerProcess {
  readonly node: string
  /** The port of the HTTP/1 server and of the HTTP/2 server. */
  readonly ports: Readonly<Record<1 | 2, number>>
  /** Its log so far. */
  readonly log: readonly LogLine[]
  /** What it wrote to stderr. */
  stderr(): string
  /** `[code, signal]`, once it has exited and its output was read. */
  readonly exited: Promise<[number | null, NodeJS.Signals | null]>
  /** Waits until it has no request in flight, and collects its garbage. */
  sample(): Promise<Sample>
  kill(signal: NodeJS.Signals): void
}

/** Starts the server. */
export async function startServer(node: string, setup: Setup = {}): Promise<ServerProcess> {
  const file = fileURLToPath(new URL('./server.ts', import.meta.url))
  const child = spawn(node, [...TYPESCRIPT, '--expose-gc', file], {
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, SETUP: JSON.stringify(setup) },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const onExit = () => child.kill('SIGKILL')
  process.once('exit', onExit)
  const log: LogLine[] = []
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-10_000)
  })
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    log.push(JSON.parse(line) as LogLine)
  })
  const exited = new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('close', (code, signal) => {
      process.off('exit', onExit)
      resolve([code, signal])
    })
  })
  const message = (): Promise<Message> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the server said nothing')), WAIT_TIMEOUT)
      child.once('message', (got: Message) => {
        clearTimeout(timer)
        resolve(got)
      })
      void exited.then((how) => reject(new Error(`the server exited with ${how}: ${stderr}`)))
    })
  const { node: version = '', ports = [0, 0] } = await message()
  return {
    node: version,
    ports: { 1: ports[0], 2: ports[1] },
    log,
    stderr: () => stderr,
    exited,
    async sample() {
      const answer = message()
      child.send('sample')
      return (await answer).sample as Sample
    },
    kill: (signal) => void child.kill(signal),
  }
}
