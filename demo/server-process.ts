import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { TYPESCRIPT } from '../test/support/typescript-flags.ts'

/** The fields of a fault's log line that the demo shows. */
export interface FaultLine {
  readonly reqId: string
  readonly err: { readonly type: string; readonly message: string }
  readonly fault: { readonly verdict: string; readonly origin: string }
  readonly req: { readonly url: string }
}

/** Milliseconds to wait for the server. */
const TIMEOUT = 60_000

/** The server of the demo, in a process of its own. */
export class ServerProcess {
  readonly lines: FaultLine[] = []
  readonly exit: Promise<[code: number | null, signal: string | null]>
  #port = 0
  readonly #child: ChildProcess
  readonly #events = new EventEmitter()
  #waiting = 0

  /**
   * @param reports - The folder for the crash report.
   * @param state - The folder of the recorder.
   */
  constructor(reports: string, state: string) {
    const file = fileURLToPath(new URL('./server.ts', import.meta.url))
    this.#child = spawn(process.execPath, [...TYPESCRIPT, file, reports, state], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    this.exit = once(this.#child, 'exit') as Promise<[number | null, string | null]>
    this.#child.on('message', (message: { port?: number; waiting?: number }) => {
      if (message.port !== undefined) this.#port = message.port
      if (message.waiting !== undefined) this.#waiting = message.waiting
      this.#events.emit('change')
    })
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
      const line = JSON.parse(text) as FaultLine
      if (line.fault === undefined) return
      this.lines.push(line)
      this.#events.emit('change')
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get port(): number {
    return this.#port
  }

  async ready(): Promise<void> {
    await this.#until(() => this.#port !== 0, 'the server did not start')
  }

  /** Resolves once this many other requests are in flight. */
  async inFlight(count: number): Promise<void> {
    await this.#until(() => this.#waiting >= count, `no ${count} requests arrived`)
  }

  /** Lets the other requests finish. */
  release(): void {
    this.#waiting = 0
    this.#child.send('release')
  }

  /** Resolves with the fault lines of one path, once there is one. */
  async linesOf(path: string): Promise<FaultLine[]> {
    const ofPath = (): FaultLine[] => this.lines.filter((line) => line.req?.url === path)
    await this.#until(() => ofPath().length > 0, `the fault of ${path} was not logged`)
    return ofPath()
  }

  stop(): void {
    this.#child.kill()
  }

  async #until(holds: () => boolean, complaint: string): Promise<void> {
    const signal = AbortSignal.timeout(TIMEOUT)
    while (!holds()) {
      try {
        await once(this.#events, 'change', { signal })
      } catch {
        throw new Error(`${complaint} within ${TIMEOUT} ms`)
      }
    }
  }
}
