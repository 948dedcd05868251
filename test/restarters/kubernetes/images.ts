import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { addApp, type ContainerProgram, importBase } from '../support/image.ts'
import { type Staging, stageApp } from '../support/staged-app.ts'
import { KIND_CLUSTER, loadIntoKind } from './kind-cluster.ts'

/** The images that the scenes use, and how their app differs from that of the docs. */
const IMAGES = {
  /** That of the docs. */
  app: {},
  /** One that cannot start. */
  'app:broken': { boot: "throw new FatalError('There is no database')" },
  /** One that falls over when it has been ready for a while. */
  'app:late': { boot: "setTimeout(() => { throw new FatalError('The cache has run full') }, 4_000)" },
  /** One with more ways to fail. */
  'app:fragile': {
    boot: `app.get('/block/:ms', ({ params }) => {
  const end = performance.now() + Number(params.ms)
  while (performance.now() < end);
  return me
})
app.get('/crash-at-length', () => { throw new FatalError('No rows for ' + 'é'.repeat(5_000)) })`,
  },
} satisfies Record<string, Staging>

export type Image = keyof typeof IMAGES

const there = new Map<Image | 'base', Promise<void>>()

/** Resolves when the cluster has that image. */
export function haveImage(image: Image): Promise<void> {
  return once(image, async () => {
    const program: ContainerProgram = { command: 'docker', options: [], env: process.env }
    await once('base', () => haveBase(program))
    const app = await stageApp(IMAGES[image])
    try {
      await addApp(program, app, image)
    } finally {
      await app.remove()
    }
    if (KIND_CLUSTER !== undefined) await loadIntoKind(KIND_CLUSTER, image)
  })
}

function once(image: Image | 'base', make: () => Promise<void>): Promise<void> {
  const made = there.get(image) ?? make()
  there.set(image, made)
  return made
}

async function haveBase(program: ContainerProgram): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'isolate-base-'))
  try {
    await importBase(program, folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}
