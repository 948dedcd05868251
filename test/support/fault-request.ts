import type { FaultRequest } from '../../src/fault/fault.ts'

/** Makes the snapshot of a request, of which a test says what it looks at. */
export function faultRequest(more: Partial<FaultRequest> = {}): FaultRequest {
  return {
    id: 'req-1',
    method: 'GET',
    url: '/users/1',
    route: '/users/:id',
    host: undefined,
    remoteAddress: undefined,
    remotePort: undefined,
    startedAt: 0,
    ...more,
  }
}
