import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { configuration } from './support/configuration.ts'
import { exitsForGood } from './support/crash-loop-guard.ts'
import { installedCli } from './support/installed-library.ts'
import { REPOSITORY } from './support/repository.ts'
import type { Restarter, Running } from './support/restarter.ts'
import { closesRoute } from './support/route-that-kills.ts'
import type { StagedApp } from './support/staged-app.ts'

const PM2 = path.join(REPOSITORY, 'build/restarters/node_modules/pm2/bin/pm2')

async function start(app: StagedApp): Promise<Running> {
  const home = path.join(app.folder, 'pm2')
  const file = path.join(app.folder, 'ecosystem.config.cjs')
  await writeFile(
    file,
    await configuration('pm2/ecosystem.config.cjs', {
      '/usr/bin/node': process.execPath,
      '/srv/app': app.app,
      '/var/lib/app/reports': app.reports,
      '3000': String(app.port),
    }),
  )
  const env = { ...process.env, PM2_HOME: home }
  const pm2 = (...args: string[]) => promisify(execFile)(process.execPath, [PM2, ...args], { env })
  const said = () => readFile(path.join(home, 'pm2.log'), 'utf8').catch(() => '')
  const end = async () => {
    await pm2('kill')
  }
  try {
    await pm2('start', file)
  } catch (error) {
    await end()
    throw error
  }
  return {
    terminate: async (pid) => {
      process.kill(pid, 'SIGTERM')
    },
    stop: async () => {
      await pm2('stop', 'app')
    },
    exitCode: async () => {
      const last = [...(await said()).matchAll(/exited with code \[(\d+)\]/g)].at(-1)?.[1]
      return last === undefined ? undefined : Number(last)
    },
    gaveUp: async () => (await said()).includes('had too many unstable restarts'),
    reports: () => readdir(app.reports),
    log: async () => `${await said()}\n${(await pm2('logs', '--nostream', '--lines', '100')).stdout}`,
    cli: (...args) => installedCli(app, args),
    end,
  }
}

/** The page: docs/restarters/pm2.md. */
export const restarter: Restarter = {
  name: 'pm2',
  promises: { backWithin: 5_000, starts: 3 },
  missing: async () => (existsSync(PM2) ? undefined : 'PM2 is not in build/restarters'),
  start,
  more: [exitsForGood(() => restarter), closesRoute(() => restarter, 'throws a FatalError')],
}
