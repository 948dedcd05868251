import type { ServerResponse } from 'node:http'

/**
 * Watches a response from now on, to tell one that is still being written from one that waits for what an escaped
 * error has ended.
 *
 * @returns Whether something was written since, or is waiting for a client that reads slowly.
 */
export function watchWrites(response: ServerResponse): () => boolean {
  let hasWritten = false
  const { write } = response
  response.write = function watchedWrite(this: ServerResponse, ...args: unknown[]): boolean {
    hasWritten = true
    return (write as (...all: unknown[]) => boolean).apply(this, args)
  } as typeof write
  return () => hasWritten || response.writableLength > 0
}
