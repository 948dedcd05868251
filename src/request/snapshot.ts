import type { FastifyRequest } from 'fastify'
import type { FaultRequest } from '../fault/fault.ts'

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

function idOf(request: FastifyRequest): string {
  try {
    return String(request.id)
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
