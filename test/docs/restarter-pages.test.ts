import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { measuredBlock, readMeasured, seenTable } from '../restarters/support/measured.ts'
import { DOCS } from '../restarters/support/repository.ts'
import type { AnyRestarter } from '../restarters/support/restarter.ts'

const pages = readdirSync(DOCS).filter((file) => file.endsWith('.md') && file !== 'README.md')

for (const page of pages) {
  const text = readFileSync(path.join(DOCS, page), 'utf8')
  test(`docs/restarters/${page} shows every file of its folder`, () => {
    const folder = path.join(DOCS, path.basename(page, '.md'))
    if (!existsSync(folder) || !statSync(folder).isDirectory()) return
    for (const file of readdirSync(folder)) {
      const name = path.relative(DOCS, path.join(folder, file))
      assert.ok(text.includes(`](${name})`), `${name} is not on its page`)
    }
  })
}

test('the pages promise what the restarters are held to', async () => {
  const folder = path.join(import.meta.dirname, '../restarters')
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.restarter.ts'))) {
    const { restarter } = (await import(path.join(folder, file))) as { restarter: AnyRestarter }
    if (!('promises' in restarter)) continue
    const { backWithin, starts } = restarter.promises
    const text = readFileSync(path.join(DOCS, `${restarter.page ?? restarter.name}.md`), 'utf8').replaceAll(
      '\n',
      ' ',
    )
    assert.ok(
      text.includes(`back within ${backWithin / 1000} seconds of a fatal fault`),
      `${file}: ${backWithin} ms`,
    )
    const end = starts === undefined ? 'never given up' : `given up after ${starts} starts`
    assert.ok(text.includes(end), `${file}: ${end}`)
  }
})

test('the pages print what was measured, no more and no less', async () => {
  for (const [restarter, measured] of Object.entries(await readMeasured())) {
    const text = readFileSync(path.join(DOCS, `${restarter}.md`), 'utf8')
    assert.ok(text.includes(measuredBlock(measured)), `docs/restarters/${restarter}.md was edited by hand`)
  }
})

test('the table of the README says what was recorded, with what and when', async () => {
  assert.ok(readFileSync(path.join(DOCS, 'README.md'), 'utf8').includes(seenTable(await readMeasured())))
})

test('each paragraph on a cloud has its source', () => {
  const text = readFileSync(path.join(DOCS, 'clouds.md'), 'utf8').replace(/```.*?```/gs, '')
  const [, ...sections] = text.split(/^## /m)
  assert.equal(sections.length, 6)
  for (const section of sections) {
    const paragraphs = section
      .trim()
      .split(/\n{2,}/)
      .slice(1)
    const told = paragraphs.filter((paragraph) => !/^\[`[^`]+`\]\(clouds\//.test(paragraph))
    assert.ok(told.length > 0)
    for (const paragraph of told) assert.match(paragraph, /\]\(https:\/\//)
  }
})
