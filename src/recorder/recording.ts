import { clearInterval, setInterval } from 'node:timers'
import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Fault } from '../fault/fault.ts'
import type { FlightFile } from '../flight/flight-file.ts'
import type { InFlight } from '../in-flight/in-flight.ts'
import { FaultPage } from './fault-page.ts'
import { RecordedRequests } from './recorded-requests.ts'
import {
  newSharedMemory,
  SHARED_BEAT_AT,
  SHARED_BEAT_RSS,
  SHARED_FAULTS,
  SHARED_HEAP_LIMIT,
  SHARED_HEAP_USED,
  type SharedMemory,
  STOPPED,
} from './shared-memory.ts'
import { THREAD_CODE } from './thread-code.ts'
import type { RecorderThreadData } from './thread-data.ts'

/** Milliseconds between two looks at the heap. */
const BEAT_PERIOD = 250

/** What is written while an app serves: its requests, by a thread and as they arrive, its heap and its faults. */
export class Recording {
  readonly #requests: InFlight
  readonly #file: FlightFile
  readonly #faults: FaultPage
  readonly #shared: SharedMemory = newSharedMemory()
  readonly #recorded: RecordedRequests
  readonly #beat: NodeJS.Timeout

  /**
   * @param requests Those of the app. It observes them from now on.
   * @param routes How many routes are covered.
   * @param writesAllUntil Until when every request is written as it arrives, in milliseconds since the epoch.
   */
  constructor(requests: InFlight, file: FlightFile, routes: number, writesAllUntil: number) {
    this.#requests = requests
    this.#file = file
    this.#faults = new FaultPage(file)
    this.#recorded = new RecordedRequests(requests.board, file, this.#shared, routes, writesAllUntil)
    requests.observer = this.#recorded
    this.#takeBeat()
    this.#beat = setInterval(() => this.#takeBeat(), BEAT_PERIOD)
    this.#beat.unref()
    this.#startThread()
  }

  #startThread(): void {
    const board = this.#requests.board.memory
    const workerData: RecorderThreadData = { path: this.#file.path, board, shared: this.#shared }
    // As text it gets no flags and no environment, so that modules which the app preloads do not run again.
    const own = typeof THREAD_CODE === 'string' ? { eval: true, execArgv: [], env: {} } : {}
    try {
      const worker = new Worker(THREAD_CODE, { workerData, ...own })
      worker.once('error', (error) => this.#file.fail(error))
      worker.unref()
    } catch (error) {
      this.#file.fail(error)
    }
  }

  #takeBeat(): void {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
    const { floats } = this.#shared
    floats[SHARED_HEAP_USED] = used
    floats[SHARED_HEAP_LIMIT] = limit
    floats[SHARED_BEAT_RSS] = process.memoryUsage.rss()
    floats[SHARED_BEAT_AT] = Date.now()
    this.#faults.flush()
  }

  /** Notes a fault. */
  faulted(fault: Fault, fingerprint: string): void {
    const { floats } = this.#shared
    floats[SHARED_FAULTS] = (floats[SHARED_FAULTS] as number) + 1
    this.#faults.add(fault, fingerprint)
  }

  /** Writes what is in flight, because the process exits before the thread's next copy. */
  markAll(): void {
    this.#recorded.markAll(this.#requests)
  }

  /** Ends it. Does nothing the second time. */
  stop(): void {
    clearInterval(this.#beat)
    // the board may have another reader
    this.#requests.observer = this.#requests.board
    Atomics.store(this.#shared.words, STOPPED, 1)
    Atomics.notify(this.#shared.words, STOPPED)
  }
}
