import type { Restarter } from './support/restarter.ts'
import { withApp } from './support/scenarios.ts'
import { missingSystemd, startSystemd } from './support/systemd.ts'
import { tenFatalFaults } from './support/ten-fatal-faults.ts'

/** The page: docs/restarters/systemd-socket.md. */
export const restarter: Restarter = {
  name: 'systemd-socket',
  promises: { backWithin: 3_000, starts: 12, triesWithin: 60_000 },
  missing: missingSystemd,
  start: (app) =>
    startSystemd(app, ['systemd-socket/app.socket', 'systemd-socket/app.service'], 'app.socket'),
  scenarios: [
    ...[false, true].map((keepAlive) => ({
      name: keepAlive ? 'ten faults, kept connections' : 'ten faults, new connections',
      run: () => withApp(restarter, (trial) => tenFatalFaults(trial, { keepAlive, processes: 1 })),
    })),
  ],
}
