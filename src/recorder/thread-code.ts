/** What the recorder's thread runs: see `runaway/thread-code.ts`. */
export const THREAD_CODE: URL | string = new URL('./thread.ts', import.meta.url)
