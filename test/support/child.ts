import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Answer, type AskOptions, ask } from './client.ts'
import { TEST_TIMEOUT, WAIT_TIMEOUT } from './timeouts.ts'
import { TYPESCRIPT } from './typescript-flags.ts'

/** A line of a fixture's log. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the log has.
export type LogLine = Record<string, any>

export interface FixtureOptions {
  /** Added to the environment. */
  env?: Record<string, string | undefined>
  /** False for a program in JavaScript that must run as it is. */
  typescript?: boolean
  /** Node's own flags. */
  nodeArgs?: string[]
  /** A command that runs Node, with the path of Node and its arguments appended. */
  through?: readonly string[]
  /** Where stdout goes: read at once (default), a pipe read only after `readStdout()`, or a file descriptor. */
  stdout?: 'pipe' | 'unread' | number
  /** False for a fixture that never listens: `startFixture` resolves at once, with port 0. */
  ready?: boolean
  /** Milliseconds until the fixture is killed. Default: {@link TEST_TIMEOUT}. */
  lifetime?: number
}

/** A fixture that runs in a process of its own. */
export interface Child {
  readonly pid: number
  /** The port of its ready line, 0 without one. */
  readonly port: number
  /** The whole ready line. */
  readonly ready: LogLine
  /** Resolves once it has exited and its output was read: `[code, signal]`, as the `close` event gives them. */
  readonly exited: Promise<[number | null, NodeJS.Signals | null]>
  stdout(): string
  stderr(): string
  /** The JSON lines of stdout so far, without the ready line. */
  log(): LogLine[]
  /** Resolves with the first log line that matches, also an earlier one. Rejects after {@link WAIT_TIMEOUT}. */
  line(fits: (line: LogLine) => boolean): Promise<LogLine>
  /**
   * Resolves with the log lines that match, once there are at least `count` of them. A line comes through a pipe of its
   * own, and may come later than the answer that it was written before. Rejects after {@link WAIT_TIMEOUT}.
   */
  lines(count: number, fits: (line: LogLine) => boolean): Promise<LogLine[]>
  /** Sends a request on a connection of its own. Never rejects: a cut connection has status 0 and `error`. */
  ask(path: string, options?: AskOptions): Promise<Answer>
  /** Starts reading an `unread` stdout. */
  readStdout(): void
  kill(signal?: NodeJS.Signals): void
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/**
 * Runs `test/fixtures/<name>.ts` with the Node that runs the tests, and waits for its ready line: a JSON line
 * with `"ready":true` and a `port`, on stdout or stderr. The process is killed when the test ends.
 */
export function startFixture(t: TestContext, name: string, options: FixtureOptions = {}): Promise<Child> {
  return startProgram(t, fileURLToPath(new URL(`../fixtures/${name}.ts`, import.meta.url)), options)
}

/** As {@link startFixture}, with a file of any folder. */
export async function startProgram(
  t: Pick<TestContext, 'after'>,
  script: string,
  options: FixtureOptions = {},
): Promise<Child> {
  const { NODE_V8_COVERAGE, ...env } = process.env
  const [command = process.execPath, ...args] = [
    ...(options.through ?? []),
    process.execPath,
    ...(options.typescript === false ? [] : TYPESCRIPT),
    ...(options.nodeArgs ?? []),
    script,
  ]
  const child = spawn(command, args, {
    env: {
      ...env,
      ...(NODE_V8_COVERAGE === undefined ? {} : { NODE_V8_COVERAGE }),
      // With the runner's variable a fixture would report as a test.
      NODE_TEST_CONTEXT: undefined,
      ...options.env,
    },
    stdio: ['ignore', typeof options.stdout === 'number' ? options.stdout : 'pipe', 'pipe'],
  })
  running.add(child)
  const lifetimeTimer = setTimeout(() => child.kill('SIGKILL'), options.lifetime ?? TEST_TIMEOUT)
  const exited = once(child, 'close').then(([code, signal]) => {
    clearTimeout(lifetimeTimer)
    running.delete(child)
    return [code, signal] as [number | null, NodeJS.Signals | null]
  })
  t.after(async () => {
    // a fixture writes its coverage only when it exits by itself, as on SIGTERM
    if (NODE_V8_COVERAGE !== undefined && child.kill('SIGTERM')) {
      await Promise.race([exited, sleep(1000, undefined, { ref: false })])
    }
    child.kill('SIGKILL')
    child.stdout?.resume()
    await exited
  })

  const text = { stdout: '', stderr: '' }
  const watchers = new Set<() => void>()
  const read = (stream: 'stdout' | 'stderr') => {
    child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[stream] += chunk
      for (const watcher of watchers) watcher()
    })
  }
  read('stderr')
  if (options.stdout !== 'unread') read('stdout')

  const parsed = (): LogLine[] => jsonLines(text.stdout)
  const readyLine = () => [...parsed(), ...jsonLines(text.stderr)].find((line) => line.ready === true)
  const output = () => `\nstdout: ${text.stdout}\nstderr: ${text.stderr}`

  /** Checks on every chunk of output, and a last time when the process exits. */
  async function until<T>(what: string, found: () => T | undefined): Promise<T> {
    let watcher = () => {}
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<T>((resolve, reject) => {
        watcher = () => {
          const value = found()
          if (value !== undefined) resolve(value)
        }
        watchers.add(watcher)
        timer = setTimeout(
          () => reject(new Error(`no ${what} in ${WAIT_TIMEOUT} ms${output()}`)),
          WAIT_TIMEOUT,
        )
        exited
          .then(([code, signal]) => {
            watcher()
            throw new Error(`${script} exited with ${code ?? signal} before its ${what}${output()}`)
          })
          .catch(reject)
        watcher()
      })
    } finally {
      watchers.delete(watcher)
      clearTimeout(timer)
    }
  }

  const ready = options.ready === false ? {} : await until('ready line', readyLine)
  const port: number = ready.port ?? 0
  return {
    pid: child.pid ?? 0,
    port,
    ready,
    exited,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    log: () => parsed().filter((line) => line.ready !== true),
    line: (fits) => until('log line', () => parsed().find(fits)),
    lines: (count, fits) =>
      until(`${count} log lines`, () => {
        const lines = parsed().filter(fits)
        return lines.length >= count ? lines : undefined
      }),
    ask: (path, askOptions) => ask(port, path, askOptions),
    readStdout: () => read('stdout'),
    kill: (signal = 'SIGKILL') => {
      child.kill(signal)
    },
  }
}

/** Returns the lines of a text that are JSON objects. */
export function jsonLines(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line)
      return typeof value === 'object' && value !== null ? [value as LogLine] : []
    } catch {
      return []
    }
  })
}
