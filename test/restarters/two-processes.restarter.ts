import { readFileSync } from 'node:fs'
import path from 'node:path'
import { DOCS } from './support/repository.ts'
import type { Restarter } from './support/restarter.ts'
import { missingSystemd, startSystemd } from './support/systemd.ts'
import { noRequestLost } from './support/ten-fatal-faults.ts'

/** Whether this Node can share a port: since 22.12 and 23.1. */
function canReusePort(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
}

function sysctls(file: string): Record<string, string> {
  const lines = readFileSync(path.join(DOCS, file), 'utf8').matchAll(/^([\w.]+) = (\w+)$/gm)
  return Object.fromEntries(Array.from(lines, ([, name, value]) => [name, value]))
}

/** The page: docs/restarters/two-processes.md. */
export const restarter: Restarter = {
  name: 'two-processes',
  promises: { backWithin: 5_000, starts: 12 },
  missing: async () => (canReusePort() ? await missingSystemd() : 'reusePort needs Node 22.12 or later'),
  ownNetwork: sysctls('two-processes/app.sysctl.conf'),
  start: (app) =>
    startSystemd(app, {
      files: ['two-processes/app@.service'],
      start: ['app@1.service', 'app@2.service'],
      service: 'app@1.service',
    }),
  get scenarios() {
    return noRequestLost(restarter, 2)
  },
}
