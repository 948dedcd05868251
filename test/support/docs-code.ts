import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { type Block, ROOT } from './markdown.ts'

const FOLDER = `${ROOT}build/docs-code/`

/** What a block without an `import` may use: it is a part of a program, not one. `docs/README.md` says so. */
const TYPES = `import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CrashReport, Fault, FaultMessage, IsolateOptions, Verdict } from 'fastify-isolate'
`
const PREAMBLE = `import Fastify from 'fastify'
import { FatalError, isolate } from 'fastify-isolate'
`

const EXTENSIONS: Readonly<Record<string, string>> = {
  ts: 'ts',
  typescript: 'ts',
  js: 'js',
  javascript: 'js',
  mjs: 'js',
}

/** Whether a block is code that can be compiled. */
export function isCode(block: Block): boolean {
  return block.language in EXTENSIONS
}

/** Whether a block is a whole program: one that listens. */
export function isProgram(block: Block): boolean {
  return isCode(block) && /\.listen\(/.test(block.code)
}

function baseName(block: Block): string {
  return `${block.page.replace(/\.md$/, '').replaceAll('/', '-')}-L${block.line}`
}

/** Where a block is once it is compiled. */
export function compiledFile(block: Block): string {
  return `${FOLDER}out/build/docs-code/${baseName(block)}.js`
}

function sourceOf(block: Block): string {
  const code = /^import /m.test(block.code) ? `${block.code}export {}\n` : completed(block)
  return code.replaceAll("from 'fastify-isolate'", "from '../../src/index.ts'")
}

/** Puts an app around a part of a program, and boots it. */
function completed({ language, code }: Block): string {
  const hasApp = /\bconst app\b/.test(code)
  const registers = /\bisolate\b\(/.test(code) || hasApp
  return [
    EXTENSIONS[language] === 'ts' ? TYPES : '',
    PREAMBLE,
    hasApp ? '' : 'const app = Fastify()\n',
    registers ? '' : 'await app.register(isolate())\n',
    code,
    'await app.ready()\nawait app.close()\n',
  ].join('')
}

/**
 * Compiles the blocks, with the package's own source in place of the package.
 *
 * @returns What the compiler says, empty where it has nothing to say. A file is called after its page and line.
 */
export function compile(blocks: readonly Block[]): string {
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  for (const block of blocks) {
    writeFileSync(`${FOLDER}${baseName(block)}.${EXTENSIONS[block.language]}`, sourceOf(block))
  }
  const config = {
    extends: '../../tsconfig.base.json',
    compilerOptions: {
      rootDir: '../..',
      outDir: 'out',
      declaration: false,
      isolatedDeclarations: false,
      sourceMap: false,
      allowJs: true,
    },
    include: ['*.ts', '*.js', '../../test/types/recipes*.d.ts'],
  }
  writeFileSync(`${FOLDER}tsconfig.json`, JSON.stringify(config))
  try {
    execFileSync(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-p', FOLDER], {
      encoding: 'utf8',
    })
    return ''
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout || error)
  }
}
