import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from './folder.ts'
import { ROOT } from './markdown.ts'

test('TypeScript is compiled once for each text, and its errors name its own lines', (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'test/support'), { recursive: true })
  for (const name of ['typescript.js', 'typescript-cache.js', 'typescript-hooks.js']) {
    copyFileSync(`${ROOT}test/support/${name}`, join(folder, 'test/support', name))
  }
  symlinkSync(`${ROOT}node_modules`, join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(folder, 'program.ts'),
    `import { said } from './said.ts'
interface Place {
  line?: string
}
const place: Place = { line: new Error(said).stack?.split('\\n')[1] }
console.log(said, place.line?.match(/program.ts:[0-9:]+/)?.[0])
`,
  )
  const say = (what: string): void =>
    writeFileSync(join(folder, 'said.ts'), `export const said: string = '${what}'\n`)
  const run = (): string => {
    const args = ['--import', join(folder, 'test/support/typescript.js'), join(folder, 'program.ts')]
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      // in a coverage of the suite these files have no place
      env: { ...process.env, NODE_V8_COVERAGE: undefined },
    })
    return stdout + stderr
  }
  const kept = (): number => readdirSync(join(folder, 'build/typescript')).length

  say('first')
  assert.equal(run(), 'first program.ts:5:30\n')
  assert.equal(kept(), 2)
  assert.equal(run(), 'first program.ts:5:30\n')
  assert.equal(kept(), 2)
  say('second')
  assert.equal(run(), 'second program.ts:5:30\n')
  assert.equal(kept(), 3)

  rmSync(join(folder, 'build'), { recursive: true })
  writeFileSync(join(folder, 'build'), 'no folder, so that nothing can be kept')
  assert.equal(run(), 'second program.ts:5:30\n')
})
