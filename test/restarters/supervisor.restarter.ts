import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { configuration } from './support/configuration.ts'
import { parks } from './support/crash-loop-guard.ts'
import { installedCli } from './support/installed-library.ts'
import { missingProgram } from './support/missing-program.ts'
import type { Restarter, Running } from './support/restarter.ts'
import { closesRoute } from './support/route-that-kills.ts'
import type { StagedApp } from './support/staged-app.ts'

const run = promisify(execFile)

async function start(app: StagedApp): Promise<Running> {
  const file = path.join(app.folder, 'supervisord.conf')
  const log = path.join(app.folder, 'supervisord.log')
  const output = path.join(app.folder, 'app.log')
  const program = await configuration('supervisor/app.conf', {
    '/usr/bin/node': [process.execPath, ...app.nodeFlags].join(' '),
    '/srv/app': app.app,
    '/var/lib/app/reports': app.reports,
    '3000': String(app.port),
    '/var/log/supervisor/app.log': output,
  })
  // What Debian's own supervisord.conf has, in a folder of the test.
  await writeFile(
    file,
    `[supervisord]
logfile=${log}
pidfile=${app.folder}/supervisord.pid
childlogdir=${app.folder}
[unix_http_server]
file=${app.folder}/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${app.folder}/supervisor.sock
${program}`,
  )
  const daemon = spawn('supervisord', ['-n', '-c', file], { stdio: 'ignore' })
  const ended = once(daemon, 'exit')
  const said = () => readFile(log, 'utf8').catch(() => '')
  return {
    started: async () => (await said()).includes('entered RUNNING state'),
    terminate: async (pid) => {
      process.kill(pid, 'SIGTERM')
    },
    stop: async () => {
      await run('supervisorctl', ['-c', file, 'stop', 'app'])
    },
    exitCode: async () => {
      const codes = (await said()).matchAll(/(?:exited|stopped): app \(exit status (\d+)/g)
      const last = [...codes].at(-1)?.[1]
      return last === undefined ? undefined : Number(last)
    },
    gaveUp: async () => (await said()).includes('entered FATAL state'),
    reports: () => readdir(app.reports),
    log: async () => `${await said()}\n${await readFile(output, 'utf8').catch(() => '')}`,
    cli: (...args) => installedCli(app, args),
    end: async () => {
      daemon.kill('SIGTERM')
      await ended
    },
  }
}

/** The page: docs/restarters/supervisor.md. */
export const restarter: Restarter = {
  name: 'supervisor',
  promises: { backWithin: 8_000, starts: 4 },
  missing: () => missingProgram('supervisord', '--version'),
  start,
  more: [parks(() => restarter), closesRoute(() => restarter, 'runs out of memory')],
}
