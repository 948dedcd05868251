import { createRequire } from 'node:module'

/**
 * Loads a dependency when it is first needed. What no healthy request needs would otherwise be most of the time that
 * the plugin adds to the start of an app.
 *
 * @throws What the dependency throws, or Node where it cannot be read.
 */
export const load: NodeJS.Require = createRequire(import.meta.url)
