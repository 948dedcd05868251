/**
 * What the watching thread runs. From source it is a file. In the package the build puts the code itself here, as a
 * text: a bundler would not see that a file is needed.
 */
export const THREAD_CODE: URL | string = new URL('./thread.ts', import.meta.url)
