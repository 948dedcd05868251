import { readFileSync } from 'node:fs'
import type { MadeFile } from './made-files.ts'
import { type Block, ROOT } from './markdown.ts'

/**
 * The types that a block without an `import` may use: such a block is a part of a program. `docs/README.md` says
 * so.
 */
const TYPES = `import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CrashReport, Fault, FaultMessage, IsolateOptions, Verdict } from 'fastify-isolate'
`
/** The values that such a block may use. */
export const PREAMBLE = `import Fastify from 'fastify'
import { FatalError, isolate } from 'fastify-isolate'
`

const EXTENSIONS: Readonly<Record<string, string>> = {
  ts: 'ts',
  typescript: 'ts',
  js: 'js',
  javascript: 'js',
  mjs: 'js',
}

/** The folder whose packages the recipes import. */
export const RECIPES = 'test/recipes'

/** That of Nest's packages, which bring a Fastify of their own: the other recipes must not find it. */
export const NEST = `${RECIPES}/nest`

function packagesOfRecipes(): string[] {
  return [RECIPES, NEST].flatMap((folder) =>
    Object.keys(JSON.parse(readFileSync(`${ROOT}${folder}/package.json`, 'utf8')).dependencies),
  )
}

/** Whether a block is code that can be compiled. */
export function isCode(block: Block): boolean {
  return block.language in EXTENSIONS
}

/** Whether a block is a whole program: one that listens. */
export function isProgram(block: Block): boolean {
  return isCode(block) && /\.listen\(/.test(block.code)
}

/** Whether a block imports a package that only the recipes have: the tests in `test/recipes` run it. */
export function isRecipe(block: Block): boolean {
  return isCode(block) && packagesOfRecipes().some((name) => block.code.includes(` from '${name}'`))
}

/** Whether a block imports a client of Redis: the tests in `test/databases` run it. */
export function needsRedis(block: Block): boolean {
  return isCode(block) && / from '(?:io)?redis'/.test(block.code)
}

/** Returns the file for a block, named after its page and line. */
export function fileOf(block: Block): MadeFile {
  const name = `${block.page.replace(/\.md$/, '').replaceAll('/', '-')}-L${block.line}`
  return { name: `${name}.${EXTENSIONS[block.language]}`, source: sourceOf(block) }
}

function sourceOf(block: Block): string {
  return /^import /m.test(block.code) ? `${block.code}export {}\n` : completed(block)
}

/** Completes a part of a program to one that creates an app, boots and closes it. */
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
