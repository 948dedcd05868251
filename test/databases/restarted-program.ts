import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds that the restarter waits. */
const DELAY = 1_000

/** A program and its restarter, which starts it again whenever it has ended. */
export class RestartedProgram {
  /** The exit codes so far. */
  readonly exits: (number | null)[] = []
  /** Whether it listens. */
  isUp = false
  readonly #args: readonly string[]
  readonly #env: NodeJS.ProcessEnv
  readonly #onChange: () => void
  #child: ChildProcess | undefined
  #isStopped = false

  /**
   * @param args Those of Node.
   * @param env Added to the environment.
   * @param onChange Called whenever `isUp` has changed.
   */
  constructor(args: readonly string[], env: NodeJS.ProcessEnv, onChange: () => void = () => {}) {
    this.#args = args
    this.#env = { ...process.env, NODE_TEST_CONTEXT: undefined, ...env }
    this.#onChange = onChange
  }

  /** Resolves once it listens, which it says by its first line. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, this.#args, {
      env: this.#env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    this.#child = child
    child.once('exit', (code) => void this.#ended(code))
    await once(child.stdout, 'data')
    child.stdout.resume()
    this.#set(true)
  }

  async #ended(code: number | null): Promise<void> {
    if (this.#isStopped) return
    this.exits.push(code)
    this.#set(false)
    await sleep(DELAY)
    if (!this.#isStopped) await this.start()
  }

  #set(isUp: boolean): void {
    this.isUp = isUp
    this.#onChange()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
}
