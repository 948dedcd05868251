import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ROOT } from '../support/markdown.ts'
import { attack } from './attack.ts'
import { catalogue } from './catalogue.ts'

const PLUGIN = new URL('../../src/index.ts', import.meta.url).href
/** The column of the page's table that tells of this package with its default options. */
const TODAY = 3

/** The cells of the table of docs/attacks.md, by the bug. */
function cellsOfPage(): Map<string, readonly string[]> {
  const rows = readFileSync(`${ROOT}docs/attacks.md`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| **'))
  return new Map(
    rows.flatMap((row) => {
      const [bugs = '', ...cells] = row.slice(2, -2).split(' | ')
      const names = bugs.slice(bugs.indexOf('**: ') + 4).split('; ')
      return names.map((bug) => [bug, cells] as const)
    }),
  )
}

const page = cellsOfPage()

test('the page tells of every way', () => {
  const bugs = Object.values(catalogue).flatMap((ways) => Object.keys(ways))
  assert.deepEqual([...page.keys()].sort(), bugs.sort())
})

describe('an attack does what the page says', { concurrency: true }, () => {
  for (const bug of [
    'a tick throws for each item of the body',
    'an error has the stack of an upstream, too',
    'a handler calls process.exit',
  ]) {
    test(bug, async () => {
      const { left } = await attack(bug, { plugin: PLUGIN })
      const ends = /\*\*ends\*\* \((?<code>\w+)\)/.exec(page.get(bug)?.[TODAY - 1] ?? '')?.groups?.code
      assert.equal(left, ends)
    })
  }
})
