import { hostname } from 'node:os'
import type { Death } from '../deaths/death.ts'
import { describeFatal } from '../deaths/describe-fatal.ts'
import { routeKey } from '../deaths/route-key.ts'
import type { CrashReport } from '../report/crash-report.ts'

/**
 * The death of this process by a fatal fault of a request, for processes that cannot read its files. Undefined where the
 * fault is not certain to be of a request.
 *
 * @param report That of the process as it leaves.
 */
export function ownDeath(
  { reason, fault, inFlight, inFlightTotal }: CrashReport,
  about: Pick<Death, 'id' | 'build' | 'listenedAt'>,
): Death | undefined {
  if (reason !== 'fatal' || fault === null) return undefined
  if (fault.request === null || fault.attributedTo === 'connection') return undefined
  const { id, method, route } = fault.request
  // What a request has left behind may be anybody's, such as a connection of a pool.
  const isOver = inFlightTotal === inFlight.length && inFlight.every((request) => request.id !== id)
  if (isOver) return undefined
  const nameOf = (request: { method: string; route: string | null | undefined }): string =>
    routeKey(request.method, request.route ?? undefined)
  return {
    ...about,
    host: hostname(),
    pid: process.pid,
    startedAt: Math.round(performance.timeOrigin),
    diedAt: Date.now(),
    cause: fault.origin === 'runaway' ? 'runaway' : 'fatal',
    because: describeFatal(fault.error.type, fault.origin),
    culprit: nameOf({ method, route }),
    inFlight: [...new Set(inFlight.toReversed().map(nameOf))],
    presence: {},
    arrivals: {},
    samples: 0,
  }
}
