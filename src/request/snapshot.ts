import type { FastifyRequest } from 'fastify'
import type { FaultRequest } from '../fault/fault.ts'
import { clip } from '../fault/thrown.ts'

/** Characters; a UUID has 36, a `traceparent` 55. */
const MAX_ID = 256

/**
 * Makes the plain snapshot of a request. What runs code of the app, or reads a connection that may be gone, may throw.
 *
 * @param route The route's pattern.
 * @param startedAt Milliseconds since the epoch.
 */
export function snapshotOf(
  request: FastifyRequest,
  route: string | undefined,
  startedAt: number,
): FaultRequest {
  return {
    id: idOf(request),
    method: request.raw.method as string,
    url: request.raw.url as string,
    route,
    host: hostOf(request),
    remoteAddress: remoteAddressOf(request),
    remotePort: remotePortOf(request),
    startedAt,
  }
}

/**
 * The id of a request, as answers, reports and log lines name it: a client may choose it (`requestIdHeader`), so that it
 * has a bound. Never throws.
 */
export function idOf(request: FastifyRequest): string {
  try {
    return clip(String(request.id), MAX_ID)
  } catch {
    return '' // a `genReqId` of the app may give anything
  }
}

function hostOf(request: FastifyRequest): string | undefined {
  try {
    return request.host
  } catch {
    return undefined // as below
  }
}

function remoteAddressOf(request: FastifyRequest): string | undefined {
  try {
    return request.ip
  } catch {
    return undefined // a `trustProxy` function of the app may throw
  }
}

function remotePortOf({ raw }: FastifyRequest): number | undefined {
  try {
    return raw.socket?.remotePort
  } catch {
    return undefined // an HTTP/2 session that is gone has no socket any more
  }
}
