import { routeKey } from '../deaths/route-key.ts'
import type { Fault } from '../fault/fault.ts'
import { typeName } from '../fault/thrown.ts'
import type { FlightFile } from '../flight/flight-file.ts'
import { FAULTS_AT, type SeenFault, TEXT_BYTES } from '../flight/layout.ts'

/** How many faults are kept, the newest. */
const FAULTS_KEPT = 8
/** Milliseconds between two writes: a storm of faults waits for the next beat. */
const LEAST_PERIOD = 100

/** Writes the newest faults into the file. */
export class FaultPage {
  readonly #file: FlightFile
  #faults: SeenFault[] = []
  #writtenAt = Number.NEGATIVE_INFINITY
  #isWritten = true

  constructor(file: FlightFile) {
    this.#file = file
  }

  add({ id, at, origin, verdict, error, request }: Fault, fingerprint: string): void {
    const route = request && routeKey(request.method, request.route)
    const seen: SeenFault = { id, at, origin, verdict, type: typeName(error), fingerprint, route }
    this.#faults = [seen, ...this.#faults.slice(0, FAULTS_KEPT - 1)]
    this.#isWritten = false
    if (verdict === 'fatal' || performance.now() - this.#writtenAt >= LEAST_PERIOD) this.flush()
  }

  /** Writes what is not written yet. */
  flush(): void {
    if (this.#isWritten) return
    this.#isWritten = true
    this.#writtenAt = performance.now()
    let text = JSON.stringify(this.#faults)
    while (Buffer.byteLength(text) >= TEXT_BYTES) {
      this.#faults = this.#faults.slice(0, -1)
      text = JSON.stringify(this.#faults)
    }
    this.#file.writeText(FAULTS_AT, text)
  }
}
