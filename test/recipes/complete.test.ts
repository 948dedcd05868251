import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isCode } from '../support/docs-code.ts'
import { blocksOf, ROOT } from '../support/markdown.ts'

const FOLDER = `${ROOT}test/recipes/`

test('every heading of the recipes that has code has a test that runs it', () => {
  const headings = new Set(
    ['docs/recipes.md', 'docs/recipes/jobs.md', 'docs/nest.md']
      .flatMap(blocksOf)
      .filter(isCode)
      .map(({ heading }) => heading),
  )
  const tests = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(FOLDER + file, 'utf8'))
  const untested = [...headings].filter(
    (heading) => !tests.some((text) => text.includes(`'${heading}'`) || text.includes(`"${heading}"`)),
  )
  assert.deepEqual(untested, [])
})
