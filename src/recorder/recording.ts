import { clearInterval, setInterval } from 'node:timers'
import { getHeapStatistics } from 'node:v8'
import { Worker } from 'node:worker_threads'
import type { Fault } from '../fault/fault.ts'
import type { FlightFile } from '../flight/flight-file.ts'
import type { InFlight } from '../in-flight/in-flight.ts'
import { FaultPage } from './fault-page.ts'
import { RecordedRequests } from './recorded-requests.ts'
import {
  newSharedState,
  type SharedState,
  STATE_BEAT_AT,
  STATE_BEAT_RSS,
  STATE_FAULTS,
  STATE_HEAP_LIMIT,
  STATE_HEAP_USED,
  STOPPED,
} from './shared-state.ts'
import { THREAD_CODE } from './thread-code.ts'
import type { RecorderThreadData } from './thread-data.ts'

/** Milliseconds between two looks at the heap. */
const BEAT_PERIOD = 250

/** What is written while an app serves: its requests, by a thread and as they arrive, its heap and its faults. */
export class Recording {
  readonly #requests: InFlight
  readonly #file: FlightFile
  readonly #faults: FaultPage
  readonly #state: SharedState = newSharedState()
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
    this.#recorded = new RecordedRequests(requests.board, file, this.#state, routes, writesAllUntil)
    requests.observer = this.#recorded
    this.#takeBeat()
    this.#beat = setInterval(() => this.#takeBeat(), BEAT_PERIOD)
    this.#beat.unref()
    this.#startThread()
  }

  #startThread(): void {
    const board = this.#requests.board.memory
    const workerData: RecorderThreadData = { path: this.#file.path, board, state: this.#state }
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
    const { floats } = this.#state
    floats[STATE_HEAP_USED] = used
    floats[STATE_HEAP_LIMIT] = limit
    floats[STATE_BEAT_RSS] = process.memoryUsage.rss()
    floats[STATE_BEAT_AT] = Date.now()
    this.#faults.flush()
  }

  /** Notes a fault. */
  faulted(fault: Fault, fingerprint: string): void {
    const { floats } = this.#state
    floats[STATE_FAULTS] = (floats[STATE_FAULTS] as number) + 1
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
    Atomics.store(this.#state.words, STOPPED, 1)
    Atomics.notify(this.#state.words, STOPPED)
  }
}
