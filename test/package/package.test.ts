import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { jsonLines } from '../support/child.ts'
import { blocksOf } from '../support/markdown.ts'
import { commandsOf } from '../support/shell-commands.ts'

/** The package as a stranger gets it: packed, installed into an empty folder, and used from there. */

const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)))
/**
 * Three quarters are the code, which is published as it can be read: a stack trace that leads into it leads somewhere.
 * Without white space it would be a tenth smaller.
 */
const MAX_BYTES = 160_000
const IS_TYPES = /\.d\.c?ts$/
const MASKED = { statusCode: 500, error: 'Internal Server Error', message: 'Internal Server Error' }

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: readonly { readonly path: string }[]
}

const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
const STRICT = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--types', 'node']

const start = promisify(execFile)
let folder = ''
let packed: Packed

async function run(command: string, args: string[], cwd: string): Promise<string> {
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env
  try {
    return (await start(command, args, { cwd, env })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error })
  }
}

async function tarball(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(join(folder, packed.filename)))
}

async function versionOf(name: string): Promise<string> {
  const manifest = await readFile(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')
  return `${name}@${(JSON.parse(manifest) as { version: string }).version}`
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastify-isolate-package-'))
  const answer = await run(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--silent', '--pack-destination', folder],
    ROOT,
  )
  const parsed: unknown = JSON.parse(answer)
  // an array of packages, or an object by their names, as npm's version has it
  packed = Object.values(parsed as Record<string, Packed>)[0] as Packed
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--silent']
  const beside = await Promise.all(['fastify', '@types/node'].map(versionOf))
  await run('npm', ['install', ...flags, `./${packed.filename}`, ...beside], folder)
  await cp(join(ROOT, 'test', 'package', 'consumer'), folder, { recursive: true })
})

after(async () => {
  if (folder !== '') await rm(folder, { recursive: true, force: true })
})

test('the tarball holds the compiled source, public types, the licence and the readme, and nothing else', () => {
  const paths = packed.files.map((file) => file.path)
  const names = ['cli.js', 'deferred.cjs', 'index.cjs', 'index.js', 'plugin.cjs', 'redis.cjs', 'redis.js']
  const code = names.map((name) => `dist/${name}`)
  const expected = ['LICENSE', 'README.md', 'dist/LICENSE-fastify-plugin', ...code, 'package.json']
  assert.deepEqual(paths.filter((path) => !IS_TYPES.test(path)).sort(), expected)
})

test('the published types are the public names alone', async () => {
  const paths = packed.files.map((file) => file.path).filter((path) => IS_TYPES.test(path))
  const read = (path: string): Promise<string> => readFile(join(ROOT, path), 'utf8')
  const declaredIn = (types: string): string[] =>
    Array.from(
      types.matchAll(/^export (?:declare )?(?:interface|type|class|const|function) (\w+)/gm),
      (match) => match[1] as string,
    )
  const listedIn = (types: string): string[] =>
    Array.from(types.matchAll(/^export (?:type )?\{([^}]+)\}/gm), (match) => (match[1] as string).split(','))
      .flat()
      .map((name) => name.replace(/^\s*type /, '').trim())
      .filter((name) => name !== '' && !name.endsWith(' as default'))
  const declared = (await Promise.all(paths.map(read))).flatMap(declaredIn)
  const store = await read('dist/redis/redis-store.d.cts')
  const exported = [...listedIn(await read('dist/index.d.ts')), ...declaredIn(store), ...listedIn(store)]
  assert.deepEqual(declared.sort(), exported.sort())
})

test(`the tarball is smaller than ${MAX_BYTES} bytes`, () => {
  assert.ok(packed.size < MAX_BYTES, `it has ${packed.size}`)
})

test('publint has nothing to say about the tarball, no suggestion either', async () => {
  const { buffer } = await tarball()
  const { messages } = await publint({ pack: { tarball: buffer }, strict: true, level: 'suggestion' })
  assert.deepEqual(messages, [])
})

test('attw finds its types right for every kind of resolution', async () => {
  const analysis = await checkPackage(createPackageFromTarballData(await tarball()))
  assert.ok(analysis.types !== false, 'types are found at all')
  assert.deepEqual(analysis.problems, [])
  const { resolutions } = analysis.entrypoints['.'] ?? {}
  // it reads no `exports`: the `types` beside them are for it
  assert.match(resolutions?.node10.resolution?.fileName ?? '', /\/dist\/index\.d\.cts$/)
})

test('it is used from an ES module', async () => {
  const seen = JSON.parse(await run(process.execPath, ['esm.js'], folder))
  const { requestId, ...body } = seen.body
  assert.equal(typeof requestId, 'string')
  assert.deepEqual(
    { ...seen, body },
    {
      statusCode: 500,
      body: MASKED,
      // by the phrase of http-errors, which comes with the package
      busy: 'Service Unavailable',
      contained: 2,
      sameExport: true,
      isError: true,
      shown: ['FatalError: x'],
    },
  )
})

test('it is used from CommonJS', async () => {
  const seen = JSON.parse(await run(process.execPath, ['cjs.cjs'], folder))
  const { requestId, ...body } = seen.body
  assert.equal(typeof requestId, 'string')
  assert.deepEqual(
    { ...seen, body },
    {
      statusCode: 500,
      body: { type: 'about:blank', title: 'Internal Server Error', status: 500 },
      sameExport: true,
      isError: true,
    },
  )
})

test('both kinds of modules in one process get one plugin', async () => {
  const seen: unknown = JSON.parse(await run(process.execPath, ['both.js'], folder))
  assert.deepEqual(seen, {
    statusCode: 500,
    added: 1,
    left: 0,
    named: true,
    samePlugin: true,
    isInstance: [true, true],
  })
})

test('it loads no package before it is needed', async () => {
  const loaded: unknown = JSON.parse(await run(process.execPath, ['lazy.cjs'], folder))
  assert.deepEqual(loaded, ['fastify-isolate'])
})

test('its store for Redis is used from both kinds of modules', async () => {
  const seen: unknown = JSON.parse(await run(process.execPath, ['redis.js'], folder))
  assert.deepEqual(seen, {
    loaded: { deaths: [], routes: {} },
    sameExport: true,
    refusal: 'FST_ISOLATE_BAD_OPTION',
  })
})

test('it has all that handles an error once it is ready, and no descriptor is left to load it', async () => {
  const limited = ['-c', 'ulimit -n 128; exec "$@"', 'sh', process.execPath, 'descriptors.cjs']
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env
  const { status, stdout } = spawnSync('sh', limited, { cwd: folder, env, encoding: 'utf8', timeout: 60_000 })
  assert.equal(status, 70, stdout)
  const lines = jsonLines(stdout)
  const seen = lines.find((line) => 'usedUp' in line)
  assert.deepEqual(seen, { atReady: false, usedUp: 'EMFILE', statusCode: 500 })
  assert.deepEqual(
    lines.filter((line) => line.fault !== undefined).map(({ err, fault }) => [err.message, fault.verdict]),
    [
      ['the bug', 'contain'],
      ['the end', 'fatal'],
    ],
  )
  assert.equal((await readdir(join(folder, 'descriptors'))).length, 1)
})

/** What `docs/crash-reports.md` says to type, with a folder that is there. */
async function documentedCommands(report: string): Promise<string[][]> {
  const [block] = blocksOf('docs/crash-reports.md').filter(({ language }) => language === 'sh')
  assert.ok(block)
  return commandsOf(block).map((command) =>
    command
      .replace(/\/\S+/, 'reports')
      .replace(/\S+\.json/, `reports/${report}`)
      .split(' '),
  )
}

test('its command prints the report of a crash, called as the docs call it', async () => {
  await assert.rejects(start(process.execPath, ['crash.js'], { cwd: folder }), { code: 70 })
  const [report = ''] = await readdir(join(folder, 'reports'))
  const [forPeople, asItIs] = await Promise.all(
    (await documentedCommands(report)).map(([command = '', ...args]) =>
      run(command, ['--no-install', ...args], folder),
    ),
  )
  assert.match(forPeople ?? '', /^fatal fault: FatalError: the ledger does not add up\n/)
  assert.match(forPeople ?? '', /^request: GET \/bug /m)
  assert.deepEqual(
    JSON.parse(asItIs ?? ''),
    JSON.parse(await readFile(join(folder, 'reports', report), 'utf8')),
  )
})

for (const [module, moduleResolution] of [
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
] as const) {
  test(`its types hold in strict TypeScript that resolves modules as ${moduleResolution} does`, async () => {
    const resolution = ['--module', module, '--moduleResolution', moduleResolution, '--target', 'es2022']
    await run(process.execPath, [COMPILER, ...STRICT, '--noEmit', ...resolution, 'types.ts'], folder)
  })
}

for (const module of ['node16', 'nodenext']) {
  test(`it is used from TypeScript in a package of CommonJS under ${module}, with \`import\` and \`import = require\``, async () => {
    const place = join(folder, 'commonjs')
    await run(process.execPath, [COMPILER, ...STRICT, '--module', module, 'app.ts'], place)
    const compiled = await readFile(join(place, 'app.js'), 'utf8')
    assert.match(compiled, /require\("fastify-isolate"\)/)
    assert.doesNotMatch(compiled, /^import /m)
    const seen: unknown = JSON.parse(await run(process.execPath, ['app.js'], place))
    assert.deepEqual(seen, { state: 'serving', sameExport: true })
  })
}
