import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { configuration } from './support/configuration.ts'
import { endPodman, missingPodman, podmanFor } from './support/podman.ts'
import type { Restarter } from './support/restarter.ts'

const LIVENESS = `      livenessProbe:
        httpGet:
          path: /ok
          port: 3000
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 3
`

/** The page: docs/restarters/kubernetes.md. Podman runs its lone pod where there is no Kubernetes. */
export const restarter: Restarter = {
  name: 'podman',
  page: 'kubernetes',
  promises: { backWithin: 5_000, starts: undefined },
  ownNetwork: {},
  missing: missingPodman,
  async start(app) {
    const { podman, clear } = await podmanFor(app)
    const file = path.join(app.folder, 'pod.yaml')
    await writeFile(
      file,
      await configuration('kubernetes/pod.yaml', {
        '      ports:\n        - containerPort: 3000\n': '',
        // Podman asks with timers of systemd, which is not here.
        [LIVENESS]: '',
        '  restartPolicy: OnFailure\n': '  restartPolicy: OnFailure\n  hostNetwork: true\n',
        '      env:\n': `      env:\n        - name: PORT\n          value: '${app.port}'\n`,
      }),
    )
    await podman('kube', 'play', file)
    const inspect = (format: string) => podman('inspect', '--format', format, 'app-app')
    return {
      // The pid that the app knows is the container's.
      terminate: async () => {
        process.kill(Number(await inspect('{{.State.Pid}}')), 'SIGTERM')
      },
      stop: async () => {
        await podman('pod', 'stop', 'app')
      },
      exitCode: async () => {
        const [status, code] = (await inspect('{{.State.Status}} {{.State.ExitCode}}')).split(' ')
        return status === 'exited' ? Number(code) : undefined
      },
      gaveUp: async () => false,
      reports: async () => readdir(await inspect('{{(index .Mounts 0).Source}}')),
      log: () => podman('logs', '--tail', '100', 'app-app'),
      end: clear,
    }
  },
  tearDown: endPodman,
}
