import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { buildSync } from 'esbuild'
import { temporaryFolder } from '../test/support/folder.ts'
import { type CpuProfile, selfTimes } from './self-time.ts'

function frame(functionName: string, url: string, lineNumber = 0, columnNumber = 0) {
  return { functionName, url, lineNumber, columnNumber }
}

const profile: CpuProfile = {
  startTime: 1000,
  nodes: [
    { id: 1, callFrame: frame('work', 'file:///app/node_modules/fastify/lib/reply.js', 9) },
    { id: 2, callFrame: frame('work', 'file:///app/node_modules/fastify/lib/reply.js', 9) },
    { id: 3, callFrame: frame('(garbage collector)', '') },
    { id: 4, callFrame: frame('emit', 'node:events', 470) },
    { id: 5, callFrame: frame('hash', 'file:///app/node_modules/@a/b/index.js') },
    { id: 6, callFrame: frame('guard', 'file:///app/src/request/guard.ts', 4) },
  ],
  // Each sample lasts until the next; the first is before what is counted, the last has no end.
  samples: [1, 1, 2, 3, 4, 5, 6, 6],
  timeDeltas: [10, 100, 20, 30, 5, 1, 2, 4],
}

test('the self time of a function is what all its samples lasted, within what is counted', () => {
  const times = selfTimes(profile, 1100, 5000, '/app/')
  assert.deepEqual(times, [
    { name: 'work', place: 'fastify/lib/reply.js:10', owner: 'fastify', micros: 50 },
    { name: '(garbage collector)', place: 'native', owner: 'garbage collection', micros: 5 },
    { name: 'guard', place: 'src/request/guard.ts:5', owner: 'this package', micros: 4 },
    { name: 'hash', place: '@a/b/index.js:1', owner: '@a/b', micros: 2 },
    { name: 'emit', place: 'node:events:471', owner: 'Node', micros: 1 },
  ])
})

test('what runs from source maps is named by its source', (t) => {
  const root = fileURLToPath(new URL('../', import.meta.url))
  const outfile = join(temporaryFolder(t), 'self-time.js')
  buildSync({ entryPoints: [join(root, 'benchmarks', 'self-time.ts')], outfile, sourcemap: true })
  const compiled = pathToFileURL(outfile).href
  const here = { ...profile, nodes: [{ id: 1, callFrame: frame('any', compiled, 12) }], samples: [1, 1] }
  const [time] = selfTimes(here, 0, 5000, root)
  assert.match(time?.place ?? '', /^benchmarks\/self-time\.ts:\d+$/)
  assert.equal(time?.owner, 'the app')
})
