import type { Restarter } from './support/restarter.ts'
import { missingSystemd, startSystemd, staysConfined } from './support/systemd.ts'

/** The page: docs/restarters/systemd.md. */
export const restarter: Restarter = {
  name: 'systemd',
  promises: { backWithin: 5_000, starts: 4 },
  missing: missingSystemd,
  start: (app) =>
    startSystemd(app, { files: ['systemd/app.service'], start: ['app.service'], service: 'app.service' }),
  more: [staysConfined],
}
