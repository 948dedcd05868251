import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { missingProgram } from '../support/missing-program.ts'
import type { JoinedNetwork } from '../support/own-network.ts'

const run = promisify(execFile)

/** The cluster of kind that is to be used, by its name, in place of one of the test's own. */
export const KIND_CLUSTER: string | undefined = process.env.KIND_CLUSTER

/** Says what is missing here to run {@link joinKindCluster}. */
export async function missingKindCluster(): Promise<string | undefined> {
  return (
    (await missingProgram('kind', 'version')) ??
    (await missingProgram('kubectl', 'version', '--client')) ??
    (await missingProgram('docker', 'version'))
  )
}

/** Finds the node of a cluster that is there already, and stays. */
export async function joinKindCluster(name: string): Promise<JoinedNetwork> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'isolate-kind-'))
  const kubeconfig = path.join(folder, 'kubeconfig')
  const { stdout: config } = await run('kind', ['get', 'kubeconfig', '--name', name])
  // As it is reached from the node itself, for which its certificate is good, too.
  await writeFile(kubeconfig, config.replace(/server: .*/, 'server: https://127.0.0.1:6443'))
  const container = `${name}-control-plane`
  const { stdout: node } = await run('docker', ['inspect', '--format', '{{.State.Pid}}', container])
  return {
    file: `/proc/${node.trim()}/ns/net`,
    env: { KUBECONFIG: kubeconfig },
    end: () => rm(folder, { recursive: true }),
  }
}

/** Gives an image of this machine's engine to the cluster. */
export async function loadIntoKind(name: string, image: string): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'isolate-image-'))
  try {
    const archive = path.join(folder, 'image.tar')
    await run('docker', ['save', '--output', archive, image])
    await run('kind', ['load', 'image-archive', archive, '--name', name])
  } finally {
    await rm(folder, { recursive: true })
  }
}
