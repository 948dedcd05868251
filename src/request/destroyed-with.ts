import type { ServerResponse } from 'node:http'
import { readProperty } from '../fault/thrown.ts'

/**
 * The error that the server's own code destroyed a response with (`res.errored`), undefined where there is none. The
 * error that Node itself gives to the pipelined responses of a client that left is none: since Node 24
 * (`abortOutgoing` in `lib/_http_server.js`) those that still wait for their connection have it.
 */
export function destroyedWith(response: ServerResponse): Error | undefined {
  const { errored } = response
  if (errored == null) return undefined
  const isWaiting = response.socket == null
  const isNodes = isWaiting && response.req.aborted && readProperty(errored, 'code') === 'ECONNRESET'
  return isNodes ? undefined : errored
}
