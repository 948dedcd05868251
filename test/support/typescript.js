/**
 * Preloaded into every process that runs TypeScript of this repository: a child process of a test otherwise spends
 * most of its time on taking types away. It is JavaScript, for it runs before anything can read TypeScript.
 */
import * as module from 'node:module'
import { keptOr } from './typescript-cache.js'

/** Takes the types away as Node does itself, but without the warning that it would print. */
function strip(source) {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return module.stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = emitWarning
  }
}

if (process.features.typescript) {
  module.registerHooks({
    load(url, context, nextLoad) {
      if (context.format !== 'module-typescript') return nextLoad(url, context)
      return { format: 'module', source: keptOr(url, strip), shortCircuit: true }
    },
  })
} else {
  module.register('./typescript-hooks.js', import.meta.url)
  process.setSourceMapsEnabled(true)
}
