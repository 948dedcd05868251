import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url))
const PAGE = fileURLToPath(new URL('../../docs/architecture.md', import.meta.url))

test('the map of the source names every file, and no other', () => {
  const files = readdirSync(SOURCE, { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => basename(path))
  const map = readFileSync(PAGE, 'utf8').split('\n## Why it is done this way')[0] as string
  const named = [...map.matchAll(/`([\w-]+\.ts)`/g)].map((match) => match[1])
  assert.deepEqual(named.sort(), files.sort())
})
