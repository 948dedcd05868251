import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { temporaryFolder } from '../support/folder.ts'
import { ROOT } from '../support/markdown.ts'

interface Job {
  readonly needs?: string
  readonly permissions?: Readonly<Record<string, string>>
  readonly steps: readonly { readonly run?: string; readonly with?: Readonly<Record<string, unknown>> }[]
}

const CHECK = 'scripts/check-release.js'

interface Workflow {
  readonly on: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

function read(name: string): Workflow {
  return parse(readFileSync(`${ROOT}.github/workflows/${name}`, 'utf8'))
}

const workflow = read('release.yml')

function commandsOf(job: Job | undefined): string[] {
  return job?.steps.flatMap(({ run }) => run ?? []) ?? []
}

describe('the release workflow', () => {
  const { test: tested, publish } = workflow.jobs

  test('starts for a version tag, and for nothing else', () => {
    assert.deepEqual(workflow.on, { push: { tags: ['v*'] } })
  })

  test('publishes with provenance, after the check of the tag and the tests of ci.yml', () => {
    assert.equal(publish?.needs, 'test')
    assert.equal(commandsOf(publish).at(-1), 'npm publish --provenance --access public')
    const tests = commandsOf(read('ci.yml').jobs.test)
    assert.ok(tests.includes('npm test'))
    assert.deepEqual(commandsOf(tested), [`node ${CHECK} "$GITHUB_REF_NAME"`, ...tests])
  })

  test('gives the identity for npm to the job that publishes alone, which runs no script of a dependency', () => {
    const holders = Object.entries(workflow.jobs).filter(([, { permissions }]) => permissions?.['id-token'])
    assert.deepEqual(
      holders.map(([name]) => name),
      ['publish'],
    )
    assert.deepEqual(commandsOf(publish).slice(0, -1), ['npm ci --ignore-scripts'])
  })

  test('takes nothing from a cache', () => {
    const inputs = Object.values(workflow.jobs).flatMap(({ steps }) => steps.map((step) => step.with ?? {}))
    assert.deepEqual(
      inputs.filter((input) => 'cache' in input),
      [],
    )
  })
})

describe('the check of a tag', () => {
  const DATED = '# Changelog\n\n## [Unreleased]\n\n## [1.2.3] - 2026-01-31\n\n### Added\n'
  for (const [what, tag, changelog, problem] of [
    ['passes the version that is ready', 'v1.2.3', DATED, ''],
    ['stops another version than that of package.json', 'v1.2.4', DATED, 'but package.json says 1.2.3'],
    ['stops a tag without its v', '1.2.3', DATED, 'but package.json says 1.2.3'],
    ['stops a version without a date', 'v1.2.3', DATED.replace('2026-01-31', 'unreleased'), 'has no section'],
    [
      'stops a version that is not in the changelog',
      'v1.2.3',
      DATED.replace('1.2.3', '11.2.3'),
      'has no section',
    ],
    ['reads no dots as wildcards', 'v1.2.3', DATED.replace('1.2.3', '1x2.3'), 'has no section'],
  ] as const) {
    test(what, (t) => {
      const folder = temporaryFolder(t)
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: '1.2.3' }))
      writeFileSync(join(folder, 'CHANGELOG.md'), changelog)
      const checked = spawnSync(process.execPath, [ROOT + CHECK, tag], { cwd: folder, encoding: 'utf8' })
      assert.equal(checked.status, problem === '' ? 0 : 1, checked.stderr)
      assert.ok(problem === '' ? checked.stderr === '' : checked.stderr.includes(problem), checked.stderr)
    })
  }
})
