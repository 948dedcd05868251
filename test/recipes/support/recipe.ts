import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { type Child, type FixtureOptions, startProgram } from '../../support/child.ts'
import { PREAMBLE, RECIPES } from '../../support/docs-code.ts'
import { madeFile, makeFiles } from '../../support/made-files.ts'
import { blocksOf, ROOT } from '../../support/markdown.ts'

const FAULTY_APP = new URL('./faulty-app.ts', import.meta.url).href

/** The code under a heading of a page, as it is printed there; `index` where it has several blocks. */
export function codeOf(heading: string, index = 0, page = 'docs/recipes.md'): string {
  const code = blocksOf(page).filter((block) => block.heading === heading)[index]?.code
  assert.ok(code, `${page} has code number ${index} under “${heading}”`)
  return code
}

/** A recipe with one thing changed, to see that the recipe is there for a reason. */
export function changed(code: string, from: string, to: string): string {
  assert.equal(code.split(from).length, 2, `the recipe says “${from}” once`)
  return code.replace(from, to)
}

/** Makes a program of a part of one, for an app with or without the plugin. */
export function program(part: string, plugin: 'with' | 'without' | 'its own'): string {
  const register = plugin === 'with' ? 'app.register(isolate())\n' : ''
  const preamble = plugin === 'without' ? `import Fastify from 'fastify'\n` : PREAMBLE
  const used = preamble.replace(part.includes('FatalError') ? '' : 'FatalError, ', '')
  return `${used}const app = Fastify({ logger: true })\n${register}${part}await app.listen({ port: 3000 })\n`
}

export interface Recipes {
  /** Runs one of them in a process of its own, with routes that fail. */
  start(t: TestContext, name: string, options?: FixtureOptions): Promise<Child>
}

/**
 * Makes programs, and checks them against the packages that they name.
 *
 * @param beside The name of a file in `test/recipes/programs` that is loaded before each of them.
 */
export function makeRecipes(folder: string, codes: Record<string, string>, beside?: string): Recipes {
  assert.ok(existsSync(`${ROOT}${RECIPES}/node_modules`), 'run them by `npm run test:recipes`')
  const preloaded = beside === undefined ? [] : [`${RECIPES}/programs/${beside}.ts`]
  const place = `recipes-${folder}`
  const files = Object.entries(codes).map(([name, source]) => ({ name: `${name}.ts`, source }))
  assert.equal(makeFiles({ folder: place, files, beside: preloaded, packagesOf: RECIPES }), '')
  const imports = [...preloaded.map((path) => ROOT + path), FAULTY_APP]
  return {
    start: (t, name, options = {}) =>
      startProgram(t, madeFile(place, `${name}.ts`), {
        ...options,
        nodeArgs: [...imports.flatMap((file) => ['--import', file]), ...(options.nodeArgs ?? [])],
      }),
  }
}
