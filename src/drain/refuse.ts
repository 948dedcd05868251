import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { phraseOf } from '../answer/phrase.ts'
import { refusalBody, writeRefusal } from '../answer/refusal.ts'

/** Seconds: another instance, or the restarted one, can answer soon. */
export const RETRY_AFTER = '1'

/** Answers a request that came too late. Never throws. */
export function refuseRequest(request: IncomingMessage, response: ServerResponse): void {
  try {
    const body = refusalBody()
    writeRefusal(request, response, {
      type: 'application/json',
      body,
      retryAfter: RETRY_AFTER,
      closes: true,
    })
  } catch {
    response.destroy()
  }
}

/** Answers an upgrade that came too late. Never throws. */
export function refuseUpgrade(_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {})
  socket.end(
    `HTTP/1.1 503 ${phraseOf(503)}\r\nConnection: close\r\nContent-Length: 0\r\n` +
      `Retry-After: ${RETRY_AFTER}\r\n\r\n`,
  )
}
