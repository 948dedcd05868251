import { createRequire } from 'node:module'

/**
 * Loads a dependency when it is first needed. Those that no healthy request needs would otherwise take most of the
 * time that the plugin adds to the start of an app. Write `load('name')`: the build replaces it with `require('name')`,
 * which bundlers follow.
 *
 * @throws What the dependency throws, or Node's error where the dependency cannot be read.
 */
export const load: NodeJS.Require = createRequire(import.meta.url)

/**
 * Loads the part of the package that is otherwise loaded when it is first needed. The build gives it its code: the source
 * has no such part.
 *
 * @throws Node's error where it cannot be read.
 */
export function loadDeferred(): void {}
