import type { SharedState } from './shared-state.ts'

/** What the recorder's thread is started with. */
export interface RecorderThreadData {
  readonly path: string
  /** The memory of the requests in flight. */
  readonly board: SharedArrayBuffer
  readonly state: SharedState
}
