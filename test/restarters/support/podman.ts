import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { addApp, type ContainerProgram, importBase, runContainerProgram } from './image.ts'
import { missingProgram } from './missing-program.ts'
import { unmountBelow } from './mounts.ts'
import type { StagedApp } from './staged-app.ts'

/** Podman with a store of the test's own, which holds the image `app`. */
export interface Podman {
  /** Runs `podman …` and resolves with what it printed. */
  podman(...args: string[]): Promise<string>
  /** Removes all pods and containers, and the volumes with them. */
  clear(): Promise<void>
}

interface Store extends Podman {
  readonly program: ContainerProgram
  end(): Promise<void>
}

let store: Store | undefined

/** Says what is missing here to run a pod. */
export async function missingPodman(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'podman needs root for a pod in the network of the test'
  return (
    (await missingProgram('podman', '--version')) ??
    // Every pod has a container that only waits: this is what runs in it.
    (await missingProgram('catatonit', '--version'))
  )
}

/** A store with the image of that app. One serves all runs of this process. */
export async function podmanFor(app: StagedApp): Promise<Podman> {
  store ??= await makeStore()
  await addApp(store.program, app)
  return store
}

/** Removes the store. */
export async function endPodman(): Promise<void> {
  await store?.end()
  store = undefined
}

async function makeStore(): Promise<Store> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'isolate-podman-'))
  const below = (name: string) => path.join(folder, name)
  await mkdir(below('base'))
  // Podman would raise the limits of its own accord, which not every root may.
  await writeFile(
    below('containers.conf'),
    '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n',
  )
  const program = {
    command: 'podman',
    options: [
      ...['--root', below('root'), '--runroot', below('run'), '--tmpdir', below('tmp')],
      ...['--cgroup-manager', 'cgroupfs'],
    ],
    env: { ...process.env, CONTAINERS_CONF: below('containers.conf') },
  }
  const podman = (...args: string[]) => runContainerProgram(program, ...args)
  const clear = async () => {
    await podman('pod', 'rm', '--all', '--force')
    await podman('rm', '--all', '--force')
    await podman('volume', 'prune', '--force')
  }
  const end = async () => {
    await clear().catch((error) => console.error(error))
    await unmountBelow(folder)
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    await importBase(program, below('base'))
  } catch (error) {
    await end()
    throw error
  }
  return { program, podman, clear, end }
}
