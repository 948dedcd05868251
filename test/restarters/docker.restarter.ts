import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { configuration } from './support/configuration.ts'
import { runningContainer } from './support/docker-container.ts'
import { missingDocker, startDockerEngine } from './support/docker-engine.ts'
import type { Restarter } from './support/restarter.ts'

/** The page: docs/restarters/docker.md. */
export const restarter: Restarter = {
  name: 'docker',
  promises: { backWithin: 5_000, starts: 6 },
  ownNetwork: {},
  missing: missingDocker,
  async start(app) {
    const engine = await startDockerEngine(app)
    // The port without the proxy of a published one, which a kernel without NAT would need.
    const command = await configuration('docker/run.sh', {
      '--publish 3000:3000': `--network host --env PORT=${app.port}`,
    })
    await promisify(execFile)('sh', ['-c', command], { env: engine.env })
    return runningContainer(engine, 'app', async () => {
      await engine.docker('stop', 'app')
    })
  },
}
