import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { TYPESCRIPT } from '../support/typescript-flags.ts'
import { PATIENCE } from './lane.ts'
import type { Ledger } from './ledger.ts'
import type { Sample } from './sample.ts'

/** Milliseconds for a sample: requests that are still in flight, and the collections. */
const SAMPLING = 60_000

interface Message {
  readonly node?: string
  readonly ports?: readonly [number, number]
  readonly arrived?: string
  readonly sample?: Sample
}

/** The server in a process of its own, seen from outside. */
export class ServerProcess {
  /** Settles when it has ended, and says how. */
  readonly ended: Promise<string>
  #stderr = ''
  readonly #child: ChildProcess
  readonly #arrivals = new Map<string, () => void>()
  #told: (message: Message) => void = () => {}

  constructor(node: string, ledger: Ledger) {
    const file = fileURLToPath(new URL('./server.ts', import.meta.url))
    const child = spawn(node, [...TYPESCRIPT, '--expose-gc', file], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    this.#child = child
    this.ended = new Promise((resolve) => {
      child.on('close', (code, signal) => resolve(`exit ${code ?? signal}`))
      child.on('error', (error) => resolve(String(error)))
    })
    child.on('message', (message: Message) => {
      if (message.arrived === undefined) this.#told(message)
      else this.#arrivals.get(message.arrived)?.()
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderr = (this.#stderr + chunk).slice(-10_000)
    })
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (text) => {
      ledger.reads(JSON.parse(text))
    })
  }

  /** What it wrote to stderr, the last of it. */
  get stderr(): string {
    return this.#stderr
  }

  /** Its version of Node and its ports. */
  async ready(): Promise<{ node: string; ports: readonly [number, number] }> {
    const { node = '', ports = [0, 0] } = await this.#message(PATIENCE, 'the server did not start')
    return { node, ports }
  }

  /**
   * What it has left when nothing is in flight.
   *
   * @param which The last one waits until its handles are those of the first, too.
   */
  async sample(which: 'sample' | 'last' = 'sample'): Promise<Sample> {
    const answer = this.#message(SAMPLING, 'the server gave no sample')
    this.#child.send(which)
    return (await answer).sample as Sample
  }

  /** Waits until a request has arrived. */
  arrival(nonce: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#arrivals.delete(nonce)
        reject(new Error(`${nonce} did not arrive in ${PATIENCE} ms`))
      }, PATIENCE)
      this.#arrivals.set(nonce, () => {
        clearTimeout(timer)
        this.#arrivals.delete(nonce)
        resolve()
      })
    })
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #message(milliseconds: number, complaint: string): Promise<Message> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(complaint)), milliseconds)
      this.#told = (message) => {
        clearTimeout(timer)
        resolve(message)
      }
    })
  }
}
