import { createRequire } from 'node:module'

/**
 * Loads what the package itself is developed with. The servers on Fastify import it by this, for an `import` would
 * find the copy in `benchmarks/node_modules` that NestJS brings.
 */
export const packageRequire = createRequire(new URL('../../package.json', import.meta.url))
