import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { eventually } from './eventually.ts'
import { importImage } from './image.ts'
import { missingProgram } from './missing-program.ts'
import { unmountBelow } from './mounts.ts'
import type { StagedApp } from './staged-app.ts'

/** A Docker engine of the test's own, which holds the image `app`. */
export interface DockerEngine {
  /** What leads the programs of Docker to this engine. */
  readonly env: NodeJS.ProcessEnv
  /** Runs `docker …` and resolves with what it printed. */
  docker(...args: string[]): Promise<string>
  /** The exit codes of the containers that have ended, oldest first. */
  exitCodes(): Promise<number[]>
  /** What the engine has logged. */
  log(): Promise<string>
  /** Ends all containers and the engine. */
  end(): Promise<void>
}

/** Says what is missing here to run {@link startDockerEngine}. */
export async function missingDocker(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'dockerd needs root'
  return (
    (await missingProgram('docker', '--version')) ??
    (await missingProgram('dockerd', '--version')) ??
    (await missingProgram('containerd', '--version'))
  )
}

/**
 * Starts an engine with everything it has below the app's folder. It takes over the network of this process:
 * run it in one of its own.
 *
 * A containerd of its own as well, since dockerd else uses the machine's, whose containers live in the
 * machine's network.
 */
export async function startDockerEngine(app: StagedApp): Promise<DockerEngine> {
  const folder = path.join(app.folder, 'engine')
  const below = (name: string) => path.join(folder, name)
  await mkdir(folder)
  await writeFile(below('daemon.json'), '{}')
  const env = {
    ...process.env,
    DOCKER_HOST: `unix://${below('docker.sock')}`,
    DOCKER_CONFIG: below('client'),
  }
  delete (env as NodeJS.ProcessEnv)['DOCKER_CONTEXT']
  const docker = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('docker', args, { env })
    return stdout.trim()
  }
  const since = Math.floor(Date.now() / 1000)

  const containerd = await daemon(below('containerd.log'), 'containerd', [
    ...['--config', '/dev/null', '--address', below('containerd.sock')],
    ...['--root', below('containerd'), '--state', below('containerd-state')],
  ])
  const dockerd = await daemon(below('dockerd.log'), 'dockerd', [
    ...['--config-file', below('daemon.json'), '--host', `unix://${below('docker.sock')}`],
    ...['--containerd', below('containerd.sock'), '--data-root', below('data'), '--exec-root', below('exec')],
    ...['--pidfile', below('dockerd.pid'), '--exec-opt', 'native.cgroupdriver=cgroupfs'],
    ...['--iptables=false', '--ip6tables=false', '--ip-forward=false', '--ip-masq=false'],
  ])
  const engine: DockerEngine = {
    env,
    docker,
    exitCodes: async () => {
      const until = Math.ceil(Date.now() / 1000)
      const died = await docker(
        ...['events', '--since', String(since), '--until', String(until), '--filter', 'event=die'],
        ...['--format', '{{.Actor.Attributes.exitCode}}'],
      )
      return died === '' ? [] : died.split('\n').map(Number)
    },
    log: () => readFile(below('dockerd.log'), 'utf8'),
    end: async () => {
      const containers = await docker('ps', '--all', '--quiet').catch(() => '')
      if (containers !== '') await docker('rm', '--force', ...containers.split('\n')).catch(() => {})
      await endDaemon(dockerd)
      await endDaemon(containerd)
      await unmountBelow(folder)
    },
  }
  try {
    await eventually('dockerd', 30_000, async () => (await docker('version')) !== '')
    await importImage(app, 'docker', [], env)
  } catch (error) {
    const log = await engine.log()
    await engine.end()
    throw new Error(`${error}\n--- dockerd\n${log}`, { cause: error })
  }
  return engine
}

async function daemon(log: string, program: string, args: readonly string[]): Promise<ChildProcess> {
  const file = await open(log, 'w')
  try {
    return spawn(program, args, { stdio: ['ignore', file.fd, file.fd] })
  } finally {
    await file.close()
  }
}

async function endDaemon(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const patience = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended
  clearTimeout(patience)
}
