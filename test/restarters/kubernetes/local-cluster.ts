import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { JoinedNetwork } from '../support/own-network.ts'
import { REPOSITORY } from '../support/repository.ts'

const SCRIPT = path.join(REPOSITORY, 'scripts/kubernetes/cluster.sh')

/** Says what is missing here to run {@link startLocalCluster}. */
export async function missingLocalCluster(): Promise<string | undefined> {
  try {
    await promisify(execFile)(SCRIPT, ['--check'])
    return undefined
  } catch (error) {
    return String((error as { stderr?: string }).stderr ?? error).trim()
  }
}

/** Starts the cluster that `scripts/install-restarters.sh --kubernetes` has built. It ends with this process at the latest. */
export async function startLocalCluster(): Promise<JoinedNetwork> {
  // In a process group of its own: what a terminal sends to end this process must not keep it from tidying up.
  const cluster = spawn(SCRIPT, { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
  const ended = once(cluster, 'exit')
  const lines: string[] = []
  for await (const line of createInterface(cluster.stdout)) {
    lines.push(line)
    if (line === 'ready') break
  }
  if (lines.at(-1) !== 'ready') throw new Error(`the cluster did not start:\n${lines.join('\n')}`)
  const [node, folder, programs] = lines[0]!.split(' ') as [string, string, string]
  return {
    file: `/proc/${node}/ns/net`,
    env: {
      KUBECONFIG: path.join(folder, 'kubeconfig'),
      DOCKER_HOST: `unix://${path.join(folder, 'docker.sock')}`,
      DOCKER_CONFIG: path.join(folder, 'docker-client'),
      PATH: `${programs}:${process.env.PATH}`,
    },
    end: async () => {
      cluster.stdin.end()
      await ended
    },
  }
}
