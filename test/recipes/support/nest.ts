import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { startProgram } from '../../support/child.ts'
import { NEST } from '../../support/docs-code.ts'
import { madeFile, makeFiles } from '../../support/made-files.ts'
import { ROOT } from '../../support/markdown.ts'
import type { Recipes } from './recipe.ts'

const FOLDER = 'recipes-nest'
const READY_LINE = new URL('./ready-line.ts', import.meta.url).href

/** Makes programs of the code of docs/nest.md and the module in `test/recipes/nest`, and checks their types. */
export function makeNestApps(codes: Record<string, string>): Recipes {
  assert.ok(existsSync(`${ROOT}${NEST}/node_modules`), 'run them by `npm run test:recipes`')
  const module = { name: 'app.module.ts', source: readFileSync(`${ROOT}${NEST}/app.module.ts`, 'utf8') }
  const files = Object.entries(codes).map(([name, source]) => ({ name: `${name}.ts`, source }))
  assert.equal(
    makeFiles({
      folder: FOLDER,
      files: [module, ...files],
      packagesOf: NEST,
      compilerOptions: { experimentalDecorators: true, emitDecoratorMetadata: true },
    }),
    '',
  )
  return {
    start: (t, name, options = {}) =>
      startProgram(t, madeFile(FOLDER, `${name}.ts`), {
        ...options,
        // no Node strips decorators
        typescript: false,
        nodeArgs: ['--import', 'tsx', '--import', READY_LINE],
        env: { ...options.env, TSX_TSCONFIG_PATH: madeFile(FOLDER, 'tsconfig.json') },
      }),
  }
}
