import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Scenario } from '../support/restarter.ts'
import { haveImage, type Image } from './images.ts'
import type { Namespace } from './namespace.ts'

export const REPLICAS = 2

/** A way to deploy the app: its pods need not be ready when it resolves. */
export type Deploy = (space: Namespace, image?: Image) => Promise<void>

/** All that the page tells to apply. */
export const deploy: Deploy = async (space, image = 'app') => {
  await space.applyApp('deployment.yaml', image)
  await space.applyFile('service.yaml')
  // Kubernetes 1.20 knows it by another name only.
  if (await space.knows('policy/v1')) await space.applyFile('disruption-budget.yaml')
}

/** A Deployment as many are: what the lines of the page's one are for shows beside it. */
export const deployPlainly: Deploy = async (space, image = 'app') => {
  await haveImage(image)
  const manifest = await readFile(path.join(import.meta.dirname, 'plain-deployment.yaml'), 'utf8')
  await space.apply(manifest.replace('image: app\n', `image: ${image}\n`))
  await space.applyFile('service.yaml')
}

/** A scenario with the page's Deployment, and beside it the same with a plain one, which only has to be told. */
export function withBoth<Seen>(
  name: string,
  see: (deploy: Deploy) => Promise<Seen>,
  check: (seen: Seen) => void,
  tell: (seen: Seen) => string,
): Scenario[] {
  const run = async () => {
    const seen = await see(deploy)
    check(seen)
    return tell(seen)
  }
  return [
    { name, run },
    {
      name: `${name}, with a plain Deployment`,
      comparison: true,
      run: async () => tell(await see(deployPlainly)),
    },
  ]
}
