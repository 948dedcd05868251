/**
 * Builds the code of the package: the plugin as CommonJS, which every tool can load, in a file and a chunk that is loaded
 * when it is first needed, an entry for `require` and one for `import`, and the command. There is one plugin, so that both
 * get the same classes and the same state. And the store for Redis, in the same two ways.
 *
 *     node --import ./test/support/typescript.js scripts/build-code.ts [--sourcemap]
 */
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type BuildOptions, build, type Plugin } from 'esbuild'
import { divide, exporting, leaving, loadingDeferred, takingShared } from './deferred-chunk.ts'

const { values } = parseArgs({ options: { sourcemap: { type: 'boolean', default: false } } })

/** Doc comments: esbuild keeps those of class members, and the published types have those that a user needs. */
const DOC_COMMENT = /^ *\/\*\*[\s\S]*?\*\/$/gm

const AS_PUBLISHED_LOAD = `export const load = undefined
export const loadDeferred = () => void loadDeferredModules()`

/**
 * Makes `load('x')` a `require('x')`, which bundlers see and follow: an ES module, as the source is, has none. Empties
 * the lines of doc comments.
 */
const asPublished: Plugin = {
  name: 'as published',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[/\\]load\.ts$/ }, () => ({ contents: AS_PUBLISHED_LOAD }))
    onLoad({ filter: /[/\\]thread-code\.ts$/ }, async ({ path }) => ({
      contents: `export const THREAD_CODE = ${JSON.stringify(await threadCode(path))}`,
    }))
    onLoad({ filter: /\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8'))
        .replaceAll(/\bload\((?=')/g, 'require(')
        .replaceAll(DOC_COMMENT, (comment) => comment.replaceAll(/.+/g, '')),
      loader: 'ts',
    }))
  },
}

const FASTIFY_PLUGIN = fileURLToPath(import.meta.resolve('fastify-plugin'))

/** Carries `fastify-plugin`: to find and load its three files takes a tenth of what the plugin adds to the start of an app. */
const withFastifyPlugin: Plugin = {
  name: 'with fastify-plugin',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^fastify-plugin$/ }, () => ({ path: FASTIFY_PLUGIN }))
  },
}

/** Returns the code of the thread that watches for runaways: the plugin carries it as a text. */
async function threadCode(beside: string): Promise<string> {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [join(dirname(beside), 'thread.ts')],
    format: 'cjs',
    minify: true,
    sourcemap: false,
    write: false,
  })
  return outputFiles.map(({ text }) => text).join('')
}

const common: BuildOptions = {
  bundle: true,
  packages: 'external',
  platform: 'node',
  target: 'node20.19',
  sourcemap: values.sourcemap,
  logLevel: 'warning',
}

/** esbuild names the file above the code of each: the package does not have those files. The lines stay, for source maps. */
async function finishFile(file: string, finish = (code: string): string => code): Promise<void> {
  await writeFile(file, finish((await readFile(file, 'utf8')).replaceAll(/^\/\/ src\/.+$/gm, '')))
}

const plugin: BuildOptions = { ...common, format: 'cjs' }
const { metafile } = await build({
  ...plugin,
  entryPoints: ['src/index.ts'],
  plugins: [withFastifyPlugin, asPublished],
  metafile: true,
  write: false,
  outdir: 'dist',
})
const { deferred, entries, shared } = divide(metafile)

const PARTS = [
  {
    outfile: 'dist/plugin.cjs',
    contents: `export { FatalError, isolate } from './src/index.ts'\n${exporting(shared)}`,
    leaves: leaving('deferred', (path) => deferred.has(path)),
    finish: loadingDeferred,
  },
  {
    outfile: 'dist/deferred.cjs',
    contents: exporting(entries),
    leaves: leaving('shared', (path) => path.startsWith('src') && !deferred.has(path)),
    finish: takingShared,
  },
]
for (const { outfile, contents, leaves, finish } of PARTS) {
  await build({
    ...plugin,
    outfile,
    stdin: { contents, resolveDir: '.' },
    plugins: [leaves, withFastifyPlugin, asPublished],
  })
  await finishFile(outfile, finish)
}

await build({
  ...plugin,
  entryPoints: ['src/redis/redis-store.ts'],
  outfile: 'dist/redis.cjs',
  plugins: [asPublished],
})
await finishFile('dist/redis.cjs')

await build({ ...common, entryPoints: ['src/cli.ts'], outfile: 'dist/cli.js', format: 'esm' })

// `require()` gets the plugin itself, as it does from Fastify's own plugins. In a file of its own, for Node 20 takes
// longer to search a CommonJS file that is imported for the names of its exports than to load the whole plugin.
await writeFile(
  'dist/index.cjs',
  `const { FatalError, isolate } = require('./plugin.cjs');

module.exports = isolate;
module.exports.FatalError = FatalError;
module.exports.isolate = isolate;
module.exports.default = isolate;
`,
)
await writeFile(
  'dist/index.js',
  `import isolate from './index.cjs';

export const { FatalError } = isolate;
export { isolate, isolate as default };
`,
)
await writeFile('dist/redis.js', "export { redisStore } from './redis.cjs';\n")
await copyFile(join(dirname(FASTIFY_PLUGIN), 'LICENSE'), 'dist/LICENSE-fastify-plugin')
