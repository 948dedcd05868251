import type { ServerResponse } from 'node:http'

/** How often each watched response was written to. A request may have many escapes: its `write` is replaced once. */
const writes: WeakMap<ServerResponse, number> = new WeakMap()

/**
 * Watches a response from now on, to tell one that is still being written from one that waits for what an escaped
 * error has ended.
 *
 * @returns Whether something was written since, or is waiting for a client that reads slowly.
 */
export function watchWrites(response: ServerResponse): () => boolean {
  if (!writes.has(response)) countWrites(response)
  const before = writes.get(response)
  return () => writes.get(response) !== before || response.writableLength > 0
}

function countWrites(response: ServerResponse): void {
  writes.set(response, 0)
  const { write } = response
  response.write = function watchedWrite(this: ServerResponse, ...args: unknown[]): boolean {
    writes.set(response, (writes.get(response) ?? 0) + 1)
    return (write as (...all: unknown[]) => boolean).apply(this, args)
  } as typeof write
}
