import type { SharedMemory } from './shared-memory.ts'

/** What the recorder's thread is started with. */
export interface RecorderThreadData {
  readonly path: string
  /** The memory of the requests in flight. */
  readonly board: SharedArrayBuffer
  readonly shared: SharedMemory
}
