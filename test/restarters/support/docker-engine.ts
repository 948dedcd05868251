import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { eventually } from './eventually.ts'
import { addApp, type ContainerProgram, importBase, runContainerProgram } from './image.ts'
import { missingProgram } from './missing-program.ts'
import { unmountBelow } from './mounts.ts'
import type { StagedApp } from './staged-app.ts'

/** A Docker engine of the test's own, which holds the image `app`. */
export interface DockerEngine {
  /** What leads the programs of Docker to this engine. */
  readonly env: NodeJS.ProcessEnv
  /** Runs `docker …` and resolves with what it printed. */
  docker(...args: string[]): Promise<string>
  /** What the engine has logged of late. */
  log(): Promise<string>
  /** The exit code of the container that ended last, even if it is removed. Undefined: none has ended. */
  lastExitCode(): Promise<number | undefined>
  /** Removes all containers, and the volumes with them. */
  clear(): Promise<void>
}

interface StartedEngine extends DockerEngine {
  readonly program: ContainerProgram
  end(): Promise<void>
}

let started: StartedEngine | undefined

/** Says what is missing here to run {@link dockerEngineFor}. */
export async function missingDocker(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'dockerd needs root'
  return (
    (await missingProgram('docker', '--version')) ??
    (await missingProgram('dockerd', '--version')) ??
    (await missingProgram('containerd', '--version'))
  )
}

/**
 * An engine with the image of that app. One engine serves all runs of this process, since it takes seconds to
 * start. It takes over the network of this process: run it in one of its own.
 */
export async function dockerEngineFor(app: StagedApp): Promise<DockerEngine> {
  started ??= await startEngine()
  await addApp(started.program, app)
  return started
}

/** Ends the engine. */
export async function endDockerEngine(): Promise<void> {
  await started?.end()
  started = undefined
}

/**
 * With a containerd of its own, since dockerd else uses the machine's, whose containers live in the machine's
 * network.
 */
async function startEngine(): Promise<StartedEngine> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'isolate-docker-'))
  const below = (name: string) => path.join(folder, name)
  await mkdir(below('base'))
  await writeFile(below('daemon.json'), '{}')
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
  const env = {
    ...process.env,
    DOCKER_HOST: `unix://${below('docker.sock')}`,
    DOCKER_CONFIG: below('client'),
  }
  const program = { command: 'docker', options: [], env }
  const docker = (...args: string[]) => runContainerProgram(program, ...args)
  const log = async () => (await readFile(below('dockerd.log'), 'utf8')).split('\n').slice(-50).join('\n')
  let since = now()
  const lastExitCode = async () => {
    const died = await docker(
      ...['events', '--since', since, '--until', now(), '--filter', 'event=die'],
      ...['--format', '{{.Actor.Attributes.exitCode}}'],
    )
    return died === '' ? undefined : Number(died.split('\n').at(-1))
  }
  const clear = async () => {
    const containers = await docker('ps', '--all', '--quiet')
    if (containers !== '') await docker('rm', '--force', '--volumes', ...containers.split('\n'))
    const volumes = await docker('volume', 'ls', '--quiet')
    if (volumes !== '') await docker('volume', 'rm', '--force', ...volumes.split('\n'))
    since = now()
  }
  const end = async () => {
    await clear().catch((error) => console.error(error))
    await endDaemon(dockerd)
    await endDaemon(containerd)
    await unmountBelow(folder)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await eventually('dockerd', 60_000, async () => (await docker('version')) !== '')
    await importBase(program, below('base'))
  } catch (error) {
    const said = await log()
    await end()
    throw new Error(`${error}\n--- dockerd\n${said}`, { cause: error })
  }
  return { env, program, docker, log, lastExitCode, clear, end }
}

/** As the engine takes it for a moment: in seconds. */
function now(): string {
  return (Date.now() / 1000).toFixed(3)
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
