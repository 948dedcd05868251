import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type BuildOptions, build } from 'esbuild'
import { bodyOf, MASKED } from '../support/app.ts'
import { type Child, jsonLines, startProgram } from '../support/child.ts'

/** A server and all that it imports in one file, in a folder from which no package can be found. */

const HERE = fileURLToPath(new URL('.', import.meta.url))
const SERVER = join(HERE, 'bundled', 'server.js')
const INFO = 30
const FATAL = 60

/** Fastify is CommonJS, and asks for Node's own modules by `require`, which an ES module does not have. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"

const run = promisify(execFile)
const tool = (...args: string[]): Promise<unknown> => run(process.execPath, args, { cwd: HERE })

async function esbuild(outfile: string, options: BuildOptions): Promise<string> {
  const bundle = { bundle: true, platform: 'node', target: 'node20.19', logLevel: 'warning' } as const
  await build({ ...bundle, entryPoints: [SERVER], outfile, ...options })
  return outfile
}

/** Each makes a bundle in a folder, and returns its path. */
const BUNDLERS: Record<string, (folder: string) => Promise<string>> = {
  'esbuild to CommonJS': (folder) => esbuild(join(folder, 'server.cjs'), { format: 'cjs' }),
  'esbuild to CommonJS, minified': (folder) =>
    esbuild(join(folder, 'server.cjs'), { format: 'cjs', minify: true }),
  'esbuild to an ES module': (folder) =>
    esbuild(join(folder, 'server.mjs'), { format: 'esm', banner: { js: REQUIRE } }),
  'esbuild to an ES module, minified': (folder) =>
    esbuild(join(folder, 'server.mjs'), { format: 'esm', banner: { js: REQUIRE }, minify: true }),
  ncc: async (folder) => {
    await tool('node_modules/@vercel/ncc/dist/ncc/cli.js', 'build', SERVER, '-o', folder)
    return join(folder, 'index.js')
  },
  rollup: async (folder) => {
    const file = join(folder, 'server.mjs')
    const plugins = ['node-resolve', 'commonjs', 'json'].flatMap((name) => ['--plugin', name])
    await tool('node_modules/rollup/dist/bin/rollup', SERVER, ...plugins, '--format', 'es', '--file', file)
    return file
  },
}

const root = mkdtempSync(join(tmpdir(), 'fastify-isolate-bundles-'))
after(() => rmSync(root, { recursive: true, force: true }))

/** Runs a bundle from its folder, where there is nothing else. */
function start(t: TestContext, file: string, env: Record<string, string> = {}): Promise<Child> {
  return startProgram(t, file, { typescript: false, env })
}

for (const [name, bundle] of Object.entries(BUNDLERS)) {
  describe(`bundled by ${name}`, () => {
    let file = ''

    before(async () => {
      file = await bundle(mkdtempSync(join(root, 'bundle-')))
    })

    test('it contains what a route throws, and what escapes from it', async (t) => {
      const server = await start(t, file)
      const bug = await server.ask('/bug')
      assert.deepEqual({ status: bug.status, body: bodyOf(bug) }, { status: 500, body: MASKED })
      assert.equal((await server.ask('/escape')).status, 500)
      assert.equal((await server.ask('/good')).body, 'good')
    })

    test('it ends what blocks the event loop', async (t) => {
      const server = await start(t, file)
      assert.equal((await server.ask('/runaway')).status, 500)
      assert.equal((await server.ask('/good')).body, 'good')
    })

    test('it negotiates `application/problem+json`', async (t) => {
      const server = await start(t, file)
      const { headers } = await server.ask('/bug', { headers: { accept: 'application/problem+json' } })
      assert.match(String(headers['content-type']), /^application\/problem\+json/)
    })

    test('it says why it leaves, without a logger', async (t) => {
      const server = await start(t, file)
      assert.equal((await server.ask('/fatal')).status, 500)
      assert.deepEqual(await server.exited, [70, null])
      const [line] = jsonLines(server.stderr()).filter(({ level }) => level === FATAL)
      assert.equal(line?.msg, 'request failed: the ledger does not add up')
    })

    test('it guesses what a mistyped option was meant to be', async (t) => {
      const { ready } = await start(t, file, { MISTYPED: '1' })
      assert.match(String(ready.failed), /^Unknown option `clasify`\. Did you mean `classify`\? Known: /)
    })
  })
}

describe('bundled without the packages that it loads late', () => {
  let file = ''

  before(async () => {
    const external = ['negotiator', 'fastest-levenshtein']
    file = await esbuild(join(mkdtempSync(join(root, 'bundle-')), 'server.cjs'), { format: 'cjs', external })
  })

  test('it sends plain JSON, and says nothing of it', async (t) => {
    const server = await start(t, file, { LOGGER: '1' })
    const bug = await server.ask('/bug', { headers: { accept: 'application/problem+json' } })
    assert.deepEqual({ status: bug.status, body: bodyOf(bug) }, { status: 500, body: MASKED })
    await server.ask('/fatal')
    await server.exited
    const messages = server.log().flatMap(({ level, msg }) => (level > INFO ? [msg] : []))
    assert.deepEqual(messages.slice(0, 2), [
      'request failed: hunter2',
      'request failed: the ledger does not add up',
    ])
  })

  test('it refuses a mistyped option without a guess', async (t) => {
    const { ready } = await start(t, file, { MISTYPED: '1' })
    assert.match(String(ready.failed), /^Unknown option `clasify`\. Known: /)
  })
})
