import { readdir } from 'node:fs/promises'
import type { DockerEngine } from './docker-engine.ts'
import { CLI } from './installed-library.ts'
import type { Running } from './restarter.ts'

/** One container with a restart policy and the volume of the docs. */
export function runningContainer(engine: DockerEngine, name: string, stop: () => Promise<unknown>): Running {
  const inspect = (format: string) => engine.docker('inspect', '--format', format, name)
  return {
    // The pid that the app knows is the container's.
    terminate: async () => {
      process.kill(Number(await inspect('{{.State.Pid}}')), 'SIGTERM')
    },
    stop: async () => {
      await stop()
    },
    exitCode: async () => {
      const [status, code] = (await inspect('{{.State.Status}} {{.State.ExitCode}}')).split(' ')
      return status === 'exited' ? Number(code) : undefined
    },
    gaveUp: async () => (await inspect('{{.State.Status}}')) === 'exited',
    reports: async () => readdir(await inspect('{{(index .Mounts 0).Source}}')),
    log: async () => `${await engine.log()}\n${await engine.docker('logs', '--tail', '100', name)}`,
    cli: (...args) => engine.docker('exec', name, 'node', CLI, ...args),
    end: () => engine.clear(),
  }
}
