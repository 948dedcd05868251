import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { configuration } from './configuration.ts'
import { CLI } from './installed-library.ts'
import { missingProgram } from './missing-program.ts'
import { REPOSITORY } from './repository.ts'
import type { Running, Scenario } from './restarter.ts'
import type { StagedApp } from './staged-app.ts'

const SANDBOX = path.join(REPOSITORY, 'test/restarters/support/systemd-sandbox.sh')

const run = promisify(execFile)

/** Outside of the namespaces that it makes, the sandbox does not become a systemd. */
export const staysConfined: Scenario = {
  name: 'the sandbox stays confined',
  run: async () => {
    await assert.rejects(run(SANDBOX, ['--inside', '/nowhere', '/nowhere']), { code: 90 })
    return 'refuses to start systemd unconfined'
  },
}

/** Says what is missing to boot a systemd in a sandbox. */
export async function missingSystemd(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'the sandbox of systemd needs root'
  return (
    (await missingProgram('/lib/systemd/systemd', '--version')) ??
    (await missingProgram('systemctl', '--version')) ??
    (await missingProgram('nsenter', '--version'))
  )
}

/** What a systemd is to run. */
export interface Units {
  /** The files below `docs/restarters`. Inside, the app is at the very path that they name. */
  readonly files: readonly string[]
  /** The units to start. */
  readonly start: readonly string[]
  /** The service that runs the app, which may be started by another unit. */
  readonly service: string
}

/** Boots a systemd with units of the docs and starts some of them. */
export async function startSystemd(app: StagedApp, units: Units): Promise<Running> {
  // The app runs there as another user.
  await chmod(app.folder, 0o755)
  await mkdir(path.join(app.folder, 'units'))
  for (const file of units.files) {
    const isService = file.endsWith('.service')
    const text = await configuration(file, isService ? { '/usr/bin/node': '/srv/node' } : {})
    await writeFile(
      path.join(app.folder, 'units', path.basename(file)),
      text.replaceAll('3000', String(app.port)),
    )
  }

  const sandbox = spawn(SANDBOX, [app.folder, process.execPath], { stdio: 'pipe' })
  let trouble = ''
  sandbox.stderr.on('data', (chunk) => {
    trouble += chunk
  })
  const ended = once(sandbox, 'exit')
  const [ready] = (await Promise.race([once(createInterface(sandbox.stdout), 'line'), ended])) as [unknown]
  const manager = typeof ready === 'string' && /^ready (\d+)$/.exec(ready)?.[1]
  if (!manager) throw new Error(`the sandbox of systemd did not come up: ${trouble}`)
  const end = async () => {
    sandbox.stdin.end()
    await ended
  }

  const inside = async (...command: string[]): Promise<string> => {
    const namespaces = ['--mount', '--pid', '--cgroup', '--ipc', '--uts']
    return (await run('nsenter', ['--target', manager, ...namespaces, ...command])).stdout
  }
  const property = async (name: string) =>
    (await inside('systemctl', 'show', units.service, '--value', '--property', name)).trim()

  try {
    assert.match(await readFile(`/proc/${manager}/cgroup`, 'utf8'), /^0::.*\/isolate-systemd-\d+\//m)
    await inside('systemctl', 'start', '--no-block', ...units.start)
  } catch (error) {
    await end()
    throw error
  }
  return {
    started: async () => (await property('ActiveState')) === 'active',
    terminate: async (pid) => {
      await inside('kill', '-TERM', String(pid))
    },
    stop: async () => {
      await inside('systemctl', 'stop', ...units.start)
    },
    exitCode: async () => {
      if ((await property('ActiveState')) !== 'inactive') return undefined
      return Number(await property('ExecMainStatus'))
    },
    gaveUp: async () => (await property('ActiveState')) === 'failed',
    reports: async () => (await inside('ls', '/var/lib/app')).split('\n').filter(Boolean),
    log: () => inside('systemctl', 'show', ...units.start, '--property', 'Id,ActiveState,Result,NRestarts'),
    cli: (...args) => inside('/srv/node', `/srv/app/${CLI}`, ...args),
    end,
  }
}
