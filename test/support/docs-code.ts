import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { type Block, ROOT } from './markdown.ts'

const FOLDER = `${ROOT}build/docs-code/`

/** What a block without an `import` may use: it is a part of a program, not one. `docs/README.md` says so. */
const PREAMBLE = [
  "import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'",
  'import {',
  '  FatalError, isolate, type CrashReport, type Fault, type FaultMessage, type IsolateOptions, type Verdict,',
  "} from 'fastify-isolate'",
  '',
].join('\n')

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
  const isWhole = /^import /m.test(block.code)
  const app = /\bconst app\b/.test(block.code) ? '' : 'declare const app: FastifyInstance\n'
  const code = isWhole ? block.code : PREAMBLE + app + block.code
  return `${code}export {}\n`.replaceAll("from 'fastify-isolate'", "from '../../src/index.ts'")
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
