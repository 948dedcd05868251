import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { configuration } from './support/configuration.ts'
import { parks } from './support/crash-loop-guard.ts'
import { runningContainer } from './support/docker-container.ts'
import { dockerEngineFor, endDockerEngine, missingDocker } from './support/docker-engine.ts'
import type { Restarter } from './support/restarter.ts'
import { closesRoute } from './support/route-that-kills.ts'

/** The page: docs/restarters/docker.md. */
export const restarter: Restarter = {
  name: 'docker',
  promises: { backWithin: 5_000, starts: 6 },
  ownNetwork: {},
  missing: missingDocker,
  async start(app) {
    const engine = await dockerEngineFor(app)
    // Without a published port's proxy, which takes connections while the app is away.
    const command = await configuration('docker/run.sh', {
      '--publish 3000:3000': `--network host --env PORT=${app.port}`,
    })
    await promisify(execFile)('sh', ['-c', command], { env: engine.env })
    return runningContainer(engine, 'app', () => engine.docker('stop', 'app'))
  },
  more: [parks(() => restarter), closesRoute(() => restarter, 'aborts natively')],
  tearDown: endDockerEngine,
}
