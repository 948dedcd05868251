import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { configuration } from './support/configuration.ts'
import {
  type DockerEngine,
  dockerEngineFor,
  endDockerEngine,
  missingDocker,
} from './support/docker-engine.ts'
import { eventually } from './support/eventually.ts'
import type { Restarter, Running } from './support/restarter.ts'
import type { StagedApp } from './support/staged-app.ts'

const ROUTED_PORT = '    ports:\n      - "3000:3000"\n'

async function start(app: StagedApp): Promise<Running> {
  const engine = await dockerEngineFor(app)
  const { docker } = engine
  await docker('swarm', 'init', '--advertise-addr', '127.0.0.1', '--listen-addr', '127.0.0.1:2377')
  const file = path.join(app.folder, 'stack.yaml')
  // Without the routing mesh, which a kernel without IPVS has not.
  const stack = await configuration('swarm/stack.yaml', {
    [ROUTED_PORT]: `    networks: [outside]\n    environment:\n      PORT: '${app.port}'\n`,
  })
  await writeFile(file, `${stack}networks:\n  outside: { external: true, name: host }\n`)
  await docker('stack', 'deploy', '--resolve-image', 'never', '--compose-file', file, 'test')
  return runningService(engine)
}

function runningService(engine: DockerEngine): Running {
  const { docker } = engine
  const containers = async (...filters: string[]) =>
    (await docker('ps', '--all', '--quiet', '--no-trunc', ...filters)).split('\n').filter(Boolean)
  /** The newest container, of which there may be none yet. */
  const newest = async (format: string) => {
    const [id] = await containers('--latest')
    return id === undefined ? '' : docker('inspect', '--format', format, id)
  }
  return {
    terminate: async () => {
      process.kill(Number(await newest('{{.State.Pid}}')), 'SIGTERM')
    },
    stop: async () => {
      await docker('service', 'scale', '--detach', 'test_app=0')
      await eventually(
        'no container to run',
        60_000,
        async () => (await containers('--filter', 'status=running')).length === 0,
      )
    },
    exitCode: async () => {
      // The engine removes the container of a service that was scaled down, but not at once what it said of it.
      const running = await containers('--filter', 'status=running')
      return running.length > 0 ? undefined : engine.lastExitCode()
    },
    gaveUp: async () => {
      const tasks = await docker(
        'service',
        'ps',
        '--format',
        '{{.DesiredState}} {{.CurrentState}}',
        'test_app',
      )
      // What has failed is still desired until Swarm has thought about a successor.
      return tasks.split('\n').every((task) => task.startsWith('Shutdown Failed'))
    },
    reports: async () => readdir(await newest('{{(index .Mounts 0).Source}}')),
    log: async () =>
      `${await engine.log()}\n${await docker('service', 'ps', '--no-trunc', 'test_app')}\n${await newest('{{json .State}}')}`,
    end: async () => {
      await docker('stack', 'rm', 'test')
      await eventually('the containers to go', 60_000, async () => (await containers()).length === 0)
      await docker('swarm', 'leave', '--force')
      await engine.clear()
    },
  }
}

/** The page: docs/restarters/swarm.md. */
export const restarter: Restarter = {
  name: 'swarm',
  promises: { backWithin: 10_000, starts: 4 },
  ownNetwork: {},
  missing: missingDocker,
  start,
  tearDown: endDockerEngine,
}
