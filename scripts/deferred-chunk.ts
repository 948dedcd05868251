/**
 * Divides the plugin in two: what an app needs to start and to answer a request well, and a chunk with all that is only
 * needed once something fails, the process leaves, or an option asks for it. The chunk is loaded when one of its names is first used.
 */
import { relative, resolve } from 'node:path'
import type { Metafile, Plugin } from 'esbuild'

/** Where what is healthy ends: these modules, and those that only they import, are in the chunk. */
const ENTRIES: readonly string[] = [
  'answer/answer',
  'answer/headers',
  'answer/peer',
  'answer/raw',
  'answer/refusal',
  'crash-loop/add-lives',
  'crash-loop/boot-death',
  'crash-loop/describe-series',
  'crash-loop/hold',
  'crash-loop/parked-server',
  'crash-loop/series',
  'deaths/build',
  'deaths/state-file',
  'drain/going-away',
  'drain/late-session',
  'drain/readiness',
  'drain/stop-serving',
  'drain/stuck-streams',
  'error-properties',
  'escapes/client-connection',
  'escapes/close-with-stream',
  'escapes/find-request',
  'escapes/grace',
  'escapes/grace-length',
  'escapes/outcome',
  'escapes/peers',
  'escapes/retire-connection',
  'escapes/watch-writes',
  'fault/chain',
  'fault/fingerprint',
  'fault/http-error',
  'fault/new-fault',
  'fault/serialize',
  'fault/stack',
  'fault/verdict',
  'flight/layout',
  'flight/this-process',
  'guards/drop-body',
  'guards/silent-hook',
  'in-flight/board',
  'inspect-bounded',
  'leave/leave-log',
  'leave/steps',
  'listener-context',
  'log/fault-kind',
  'log/log',
  'log/on-answered',
  'log/request-line',
  'log/request-lines',
  'log/stderr',
  'options/bad-option',
  'publish',
  'quarantine/install-quarantine',
  'recorder/install-recorder',
  'request/client-abort',
  'request/error-number',
  'request/job',
  'request/job-context',
  'request/pipelined-responses',
  'request/waiting-request',
  'runaway/node-termination',
  'runaway/watch',
  'systemd/notifier',
  'triage/expected',
  'triage/fastify-status',
  'uncaught/broken-immediates',
  'uncaught/node-default',
  'uncaught/pending-ticks',
  'uncaught/test-runner',
].map((name) => `src/${name}.ts`)

const ENTRY = 'src/index.ts'

/** The modules of the plugin, by their paths in the project. */
export interface Division {
  readonly deferred: ReadonlySet<string>
  /** Those of the chunk that the rest imports. */
  readonly entries: readonly string[]
  /** Those of the rest that the chunk imports. */
  readonly shared: readonly string[]
}

/** Returns the modules that are reached without those that are left out. */
function reached({ inputs }: Metafile, leftOut: readonly string[]): Set<string> {
  const found = new Set([ENTRY])
  for (const path of found) {
    for (const { path: next } of inputs[path]?.imports ?? []) {
      if (next in inputs && !leftOut.includes(next)) found.add(next)
    }
  }
  return found
}

/**
 * @param metafile That of the plugin in one piece.
 * @throws Error Where a module that shall be deferred is not there.
 */
export function divide(metafile: Metafile): Division {
  const missing = ENTRIES.filter((path) => !(path in metafile.inputs))
  if (missing.length > 0) throw new Error(`no module of the plugin: ${missing.join(', ')}`)
  const started = reached(metafile, ENTRIES)
  const deferred = new Set([...reached(metafile, [])].filter((path) => !started.has(path)))
  const importedBy = (paths: Iterable<string>): Set<string> =>
    new Set([...paths].flatMap((path) => metafile.inputs[path]?.imports ?? []).map(({ path }) => path))
  return {
    deferred,
    entries: [...importedBy(started)].filter((path) => deferred.has(path)).sort(),
    shared: [...importedBy(deferred)].filter((path) => started.has(path)).sort(),
  }
}

/** The source of a module that exports others, each by its path. */
export function exporting(paths: readonly string[]): string {
  return paths.map((path) => `export * as '${path}' from './${path}'\n`).join('')
}

/** Leaves imports of these modules in the code, as `require('NAME:PATH')`. */
export function leaving(name: string, isLeft: (path: string) => boolean): Plugin {
  return {
    name,
    setup: ({ onResolve }) => {
      onResolve({ filter: /\.ts$/ }, ({ path, resolveDir }) => {
        const found = relative('.', resolve(resolveDir, path))
        return isLeft(found) ? { path: `${name}:${found}`, external: true } : undefined
      })
    },
  }
}

/** What is loaded when one of its names is first used: the chunk, and what of Node takes its time and a healthy app needs not. */
const LEFT = /^var (import_\w+) = require\("(?:deferred:(.+)|(node:worker_threads))"\);$/gm
const LOADS =
  'let deferredModules; const loadDeferredModules = () => (deferredModules ??= require("./deferred.cjs")); ' +
  // a copy, since with each use of a name esbuild's own object asks a getter, and that of all modules two more
  'const deferred = (path, loaded) => () => (loaded ??= { ...loadDeferredModules()[path] }); '

/** Has the code of the plugin load the chunk, and such modules of Node, when it first uses one of their names. */
export function loadingDeferred(code: string): string {
  let made = code
  const names = new Map<string, string>() // one for each module is enough
  for (const [statement, name = '', path = '', ofNode = ''] of code.matchAll(LEFT)) {
    const loading = ofNode === '' ? `deferred("${path}")` : `() => require("${ofNode}")`
    const known = names.get(loading)
    names.set(loading, known ?? name)
    made = made
      .replaceAll(new RegExp(`\\bnew ${name}\\.(\\w+)`, 'g'), `new (${name}.$1)`)
      .replaceAll(new RegExp(`\\b${name}\\.`, 'g'), `${known ?? name}().`)
      .replace(statement, known === undefined ? `const ${name} = ${loading};` : '')
  }
  // in the first line, for the lines are those of the source map
  return LOADS + made
}

const TAKEN = /^var (import_\w+) = require\("shared:(.+)"\);$/gm

/** Has the code of the chunk take the rest of the plugin from its file. */
export function takingShared(code: string): string {
  let made = code
  const names = new Map<string, string>()
  for (const [statement, name = '', path = ''] of code.matchAll(TAKEN)) {
    const known = names.get(path)
    names.set(path, known ?? name)
    made = made
      .replaceAll(new RegExp(`\\b${name}\\.`, 'g'), `${known ?? name}.`)
      .replace(statement, known === undefined ? `var ${name} = require("./plugin.cjs")["${path}"];` : '')
  }
  return made
}
