/** Reads TypeScript for a Node that cannot: the hooks of `typescript.js`, which such a Node runs in a thread. */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { keptOr } from './typescript-cache.js'

/** A path of TypeScript. With a query, the same file is another module. */
const TYPESCRIPT = /\.ts(\?|$)/

export function resolve(specifier, context, nextResolve) {
  if (!specifier.startsWith('.') || !TYPESCRIPT.test(specifier)) return nextResolve(specifier, context)
  return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true }
}

export function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !TYPESCRIPT.test(url)) return nextLoad(url, context)
  const compile = (source) => {
    // loaded late: it takes longer than all the rest
    const { transformSync } = createRequire(import.meta.url)('esbuild')
    return transformSync(source, {
      loader: 'ts',
      target: 'node20',
      keepNames: true,
      minifyWhitespace: true,
      sourcefile: fileURLToPath(url),
      sourcemap: 'inline',
      sourcesContent: false,
    }).code
  }
  return { format: 'module', source: keptOr(url, compile), shortCircuit: true }
}
