import type { Death } from './death.ts'

/** What is known of a process that is gone. */
export interface PastLife {
  /** As {@link Death.id}. */
  readonly id: string
  /** When the process started, in milliseconds since the epoch. */
  readonly startedAt: number
  /** When it first listened, in milliseconds since the epoch; undefined where it ended before that. */
  readonly listenedAt: number | undefined
  /** When it was last known to live, in milliseconds since the epoch. */
  readonly endedAt: number
  /** How it ended. `signal`: on SIGTERM or SIGINT, or with the machine, which was restarted. */
  readonly how: 'orderly' | 'signal' | 'died'
  /** The same in words. */
  readonly because: string
  /** Set where it died. */
  readonly death: Death | undefined
}
