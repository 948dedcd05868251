import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { describe, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { isCode } from '../support/docs-code.ts'
import { type Block, blocksOf, pages, ROOT } from '../support/markdown.ts'
import { commandsOf, problemWithCommand } from '../support/shell-commands.ts'

/** No block of the docs is just printed: each is run, checked, or says why not. */

const blocks = pages().flatMap(blocksOf)
const where = ({ page, line }: Block): string => `${page}:${line}`

/** The file that a block shows: the line before it is a link to it, and a colon. */
function shownFile({ page, line }: Block): string | undefined {
  const [before = '', blank] = readFileSync(ROOT + page, 'utf8')
    .split('\n')
    .slice(line - 4, line - 2)
  const path = blank === '' ? /\]\(([^)\s]+)\):$/.exec(before)?.[1] : undefined
  return path === undefined ? undefined : posix.join(posix.dirname(page), path)
}

function isChecked(block: Block): boolean {
  // docs.test.ts, test/recipes
  if (isCode(block)) return true
  // the pictures that concepts and architecture have of the path of an error
  if (block.language === 'mermaid' || block.language === 'text') return true
  if (['json', 'sh'].includes(block.language)) return true
  return shownFile(block) !== undefined
}

test('every block is of a kind that a test runs or checks, or says why not', () => {
  const unchecked = blocks.filter((block) => block.notRun === undefined && !isChecked(block))
  assert.deepEqual(unchecked.map(where), [])
})

test('every reason for not running a block says something', () => {
  for (const block of blocks) {
    if (block.notRun !== undefined) assert.match(block.notRun, /\w+ \w+ \w+/, where(block))
  }
})

test('a block that shows a file shows it as it is', () => {
  const shown = blocks.flatMap((block) => {
    const file = shownFile(block)
    return file === undefined ? [] : [{ block, file }]
  })
  assert.ok(shown.length > 10, 'files are found at all')
  for (const { block, file } of shown) {
    assert.ok(existsSync(ROOT + file), `${where(block)}: ${file}`)
    assert.equal(block.code, readFileSync(ROOT + file, 'utf8'), where(block))
  }
})

describe('a block can be parsed', () => {
  for (const block of blocks) {
    if (block.language === 'json') {
      test(where(block), () => void JSON.parse(block.code))
    } else if (block.language === 'yaml') {
      test(where(block), () => {
        const problems = [...parseAllDocuments(block.code)].flatMap(({ errors }) => errors)
        assert.deepEqual(problems, [])
      })
    }
  }
})

test('every command finds what it names', () => {
  const shell = blocks.filter((block) => block.language === 'sh' && block.notRun === undefined)
  const commands = shell.filter((block) => shownFile(block) === undefined)
  assert.ok(commands.length > 3, 'commands are found at all')
  const problems = commands.flatMap((block) =>
    commandsOf(block).flatMap((command) => {
      const problem = problemWithCommand(command)
      return problem === undefined ? [] : [`${where(block)}: \`${command}\` ${problem}`]
    }),
  )
  assert.deepEqual(problems, [])
})

test('the scripts that pages name in their text exist', () => {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
  const unknown = pages().flatMap((page) =>
    [...readFileSync(ROOT + page, 'utf8').matchAll(/`npm run (?:--silent )?([\w:-]+)/g)]
      .filter(([, name]) => !((name as string) in scripts))
      .map(([command]) => `${page}: ${command}`),
  )
  assert.deepEqual(unknown, [])
})
