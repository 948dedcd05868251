import type { FastifyInstance } from 'fastify'

/** How `app.printPlugins()` shows the time of a plugin that is still loading. */
const STILL_LOADING = '-1 ms'
/** What it calls a function that was given to `app.after()`. */
const AFTER = 'bound _after'
/** The longest name, in characters: a plugin without one is called as its first lines are. */
const LONGEST_NAME = 100

interface LoadedPlugin {
  readonly name: string
  readonly isLoading: boolean
}

/** The name of the plugin that is loading, the innermost one; undefined where none is. */
export function loadingPlugin(app: FastifyInstance): string | undefined {
  return pluginsOf(app).findLast(({ isLoading }) => isLoading)?.name
}

/** The name of the plugin that began to load last; undefined where none did. */
export function lastPlugin(app: FastifyInstance): string | undefined {
  return pluginsOf(app).at(-1)?.name
}

/** The plugins that have begun to load, in that order. Fastify tells of them in this text alone. */
function pluginsOf(app: FastifyInstance): LoadedPlugin[] {
  const [, ...lines] = app.printPlugins().trimEnd().split('\n')
  return lines.flatMap((line) => {
    const [, name, time] = /^[│├└─┬ ]*(.*) (-?\d+ ms)$/.exec(line) ?? []
    if (name === undefined || name === AFTER) return []
    return { name: name.slice(0, LONGEST_NAME), isLoading: time === STILL_LOADING }
  })
}
