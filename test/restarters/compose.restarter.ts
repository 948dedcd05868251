import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { configuration } from './support/configuration.ts'
import { runningContainer } from './support/docker-container.ts'
import { dockerEngineFor, endDockerEngine, missingDocker } from './support/docker-engine.ts'
import { missingProgram } from './support/missing-program.ts'
import type { Restarter } from './support/restarter.ts'

/** `docker compose`, or the `docker-compose` that came before it. */
async function composeCommand(): Promise<[string, ...string[]]> {
  return (await missingProgram('docker', 'compose', 'version')) === undefined
    ? ['docker', 'compose']
    : ['docker-compose']
}

/** The page: docs/restarters/compose.md. */
export const restarter: Restarter = {
  name: 'compose',
  promises: { backWithin: 5_000, starts: 6 },
  ownNetwork: {},
  missing: async () => {
    const [command, ...args] = await composeCommand()
    return (await missingDocker()) ?? (await missingProgram(command, ...args, 'version'))
  },
  async start(app) {
    const engine = await dockerEngineFor(app)
    const file = path.join(app.folder, 'compose.yaml')
    await writeFile(
      file,
      // Without a published port's proxy, which takes connections while the app is away.
      await configuration('compose/compose.yaml', {
        '    ports:\n      - "3000:3000"\n': `    network_mode: host\n    environment:\n      PORT: '${app.port}'\n`,
      }),
    )
    const [command, ...args] = await composeCommand()
    const compose = async (...more: string[]) => {
      const all = [...args, '--file', file, '--project-name', 'test', ...more]
      return (await promisify(execFile)(command, all, { env: engine.env })).stdout.trim()
    }
    await compose('up', '--detach')
    return runningContainer(engine, await compose('ps', '--quiet', '--all', 'app'), () => compose('stop'))
  },
  tearDown: endDockerEngine,
}
