import type { Fault } from '../fault/fault.ts'
import type { LeaveReason } from '../report/crash-report.ts'
import type { PastLife } from './past-life.ts'

/** Why a process leaves, as the recorder writes it down. */
export interface LeaveMark {
  readonly reason: LeaveReason
  readonly exitCode: number
  /** The signal. */
  readonly note: string | undefined
}

/** The recorder of an app, as the other parts use it. No method throws. */
export interface RecorderControl {
  /** As `Death.id`: this process. */
  readonly lifeId: string
  /** The file that it writes; undefined while it writes none. */
  readonly path: string | undefined
  /** The processes that are gone and that this one was the first to find, the oldest first. */
  readonly pastLives: readonly PastLife[]
  /**
   * Notes a fault, and at once where it is fatal.
   *
   * @param fingerprint Under which it counts: to read its own may cost more.
   */
  faulted(fault: Fault, fingerprint: string): void
  /** Notes that the process leaves. */
  leaving(mark: LeaveMark): void
  /**
   * Notes that the process ends on purpose, in another way than `leave()`: its end is no death.
   *
   * @param because Why, in words.
   */
  endsInOrder(because: string): void
  /**
   * Notes, on the disk when it returns, that a request of this route is on trial: if the process dies, it did it.
   *
   * @returns False where it could not be written.
   */
  markTrial(routeKey: string): boolean
  /** Notes that none is on trial any more. */
  clearTrial(): void
}
