import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** Seconds: another instance, or the restarted one, can answer soon. */
export const RETRY_AFTER = '1'

/** The body of a refusal: Fastify's own while it closes. */
export const REFUSAL = '{"error":"Service Unavailable","message":"Service Unavailable","statusCode":503}'

const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'content-length': String(REFUSAL.length),
  'retry-after': RETRY_AFTER,
} as const

/** Answers a request that came too late. Never throws. */
export function refuseRequest(request: IncomingMessage, response: ServerResponse): void {
  try {
    const isHttp2 = request.httpVersionMajor === 2
    response.writeHead(503, isHttp2 ? HEADERS : { ...HEADERS, connection: 'close' })
    response.end(request.method === 'HEAD' ? undefined : REFUSAL)
  } catch {
    response.destroy()
  }
}

/** Answers an upgrade that came too late. Never throws. */
export function refuseUpgrade(_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {})
  socket.end(
    'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n' +
      `Retry-After: ${RETRY_AFTER}\r\n\r\n`,
  )
}
