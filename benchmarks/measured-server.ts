import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Case } from './apps.ts'
import { load } from './load.ts'

/** What one round of load cost. */
export interface Cost {
  /** CPU time of the server process, all threads, in microseconds a request. */
  readonly cpu: number
  /** Requests a second. */
  readonly throughput: number
}

/** A server in a process of its own. */
export class MeasuredServer {
  readonly #child: ChildProcess
  readonly #work: Case
  #port = 0

  /** @param nodeArguments - For Node itself, before the file. */
  constructor(
    node: string,
    name: string,
    variant: string,
    work: Case,
    nodeArguments: readonly string[] = [],
  ) {
    const file = fileURLToPath(new URL('./server.js', import.meta.url))
    this.#work = work
    this.#child = spawn(node, [...nodeArguments, file, name, variant], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
  }

  async ready(): Promise<void> {
    const [{ port }] = (await once(this.#child, 'message')) as [{ port: number }]
    this.#port = port
  }

  async round(requests: number): Promise<Cost> {
    const before = await this.#cpu()
    const startedAt = performance.now()
    await load(this.#port, this.#work.path, this.#work.status, requests)
    const seconds = (performance.now() - startedAt) / 1000
    return { cpu: ((await this.#cpu()) - before) / requests, throughput: requests / seconds }
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }

  async #cpu(): Promise<number> {
    const answered = once(this.#child, 'message') as Promise<[{ cpu: number }]>
    this.#child.send('cpu')
    const [{ cpu }] = await answered
    return cpu
  }
}
