/**
 * Turns the types that the compiler wrote to `dist` into those of the package. It removes what no public type refers
 * to, so that the package holds only what a user can import. The rest are types of CommonJS, which both kinds of
 * modules can import. `index.d.ts` exports them to `import`. `index.d.cts` exports them to `require`, which gets the
 * plugin, with the other names as its properties. `redis.d.ts` and `redis.d.cts` export those of the store for Redis.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const RELATIVE_IMPORT = /(?<=['"])(\.\.?\/[^'"]+)\.(?:ts|js)(?=['"])/g
const INDEX = join('dist', 'index.d.ts')
const kept = new Map()
const toVisit = [INDEX, join('dist', 'redis', 'redis-store.d.ts')]

for (let file = toVisit.pop(); file !== undefined; file = toVisit.pop()) {
  if (kept.has(file)) continue
  const types = readFileSync(file, 'utf8')
  kept.set(file, types.replace(RELATIVE_IMPORT, '$1.cjs'))
  for (const [, path] of types.matchAll(RELATIVE_IMPORT)) {
    toVisit.push(join(dirname(file), `${path}.d.ts`))
  }
}

for (const path of readdirSync('dist', { recursive: true })) {
  if (String(path).endsWith('.d.ts')) rmSync(join('dist', String(path)))
}
const index = kept.get(INDEX)
kept.delete(INDEX)
for (const [file, types] of kept) writeFileSync(file.replace(/\.ts$/, '.cts'), types)
writeFileSync(INDEX, index)
writeFileSync(join('dist', 'plugin.d.cts'), index)

const lists = Array.from(index.matchAll(/export (type )?\{([^}]*)\}/g))
const types = lists.flatMap(([, areTypes, list]) =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && (areTypes !== undefined || name.startsWith('type ')))
    .map((name) => name.replace(/^type /, '')),
)
writeFileSync(
  join('dist', 'index.d.cts'),
  `import plugin = require('./plugin.cjs');
declare const isolate: plugin.Isolate & {
    readonly FatalError: typeof plugin.FatalError;
    readonly isolate: plugin.Isolate;
    readonly default: plugin.Isolate;
};
declare namespace isolate {
${['FatalError', ...types].map((name) => `    type ${name} = plugin.${name};\n`).join('')}}
export = isolate;
`,
)
for (const file of ['redis.d.ts', 'redis.d.cts']) {
  writeFileSync(join('dist', file), "export * from './redis/redis-store.cjs';\n")
}
