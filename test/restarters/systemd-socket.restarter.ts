import type { Restarter } from './support/restarter.ts'
import { crashLoop } from './support/scenarios.ts'
import { missingSystemd, startSystemd } from './support/systemd.ts'
import { noRequestLost } from './support/ten-fatal-faults.ts'

/** The page: docs/restarters/systemd-socket.md. */
export const restarter: Restarter = {
  name: 'systemd-socket',
  promises: { backWithin: 5_000, starts: 12, triesWithin: 90_000 },
  missing: missingSystemd,
  start: (app) =>
    startSystemd(app, {
      files: ['systemd-socket/app.socket', 'systemd-socket/app.service'],
      start: ['app.socket', 'app.service'],
      service: 'app.service',
    }),
  get scenarios() {
    return [...noRequestLost(restarter, 1), crashLoop(restarter)]
  },
}
