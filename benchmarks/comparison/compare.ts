/**
 * Makes the measured tables of `docs/comparison.md`: every server, every scenario, each in a process of its own.
 *
 * The other servers are installed apart: `npm ci --prefix benchmarks`, and for FastAPI
 * `pip install -r benchmarks/comparison/requirements.txt`, with `--python` naming the interpreter that has them.
 * `--only NAME` measures one of them anew; `--page` measures none and writes the page from the last results.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeBlock } from '../../scripts/page-block.ts'
import { type Outcome, type Peer, probe, type Scenario } from './probe.ts'
import { CAUGHT, ESCAPED, type Run, table } from './table.ts'

const ROOT = new URL('../../', import.meta.url)
const HERE = new URL('benchmarks/comparison/', ROOT)
const PAGE = new URL('docs/comparison.md', ROOT)
const RESULTS = new URL('results.json', HERE)

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    only: { type: 'string', multiple: true, default: [] },
    page: { type: 'boolean', default: false },
  },
})

const serverFile = (name: string): string => fileURLToPath(new URL(`servers/${name}`, HERE))
const onNode = (name: string, file: string, packageFile: string, ...args: string[]): Peer => ({
  name,
  command: [process.execPath, serverFile(`${file}.js`), ...args],
  version: () => JSON.parse(readFileSync(new URL(packageFile, HERE), 'utf8')).version,
})
const installed = (name: string, file: string, dependency: string): Peer =>
  onNode(name, file, `../node_modules/${dependency}/package.json`)

const PYTHON_VERSIONS =
  "from importlib.metadata import version as v; print(v('fastapi') + ', Uvicorn ' + v('uvicorn'))"
const python = (...args: string[]): string => execFileSync(values.python, args, { encoding: 'utf8' }).trim()

const PEERS: readonly Peer[] = [
  onNode('fastify-isolate', 'fastify-isolate', '../../package.json'),
  {
    ...onNode("with `expected: 'branded'`", 'fastify-isolate', '../../package.json', 'branded'),
    version: () => '',
  },
  installed('Fastify', 'fastify', 'fastify'),
  installed('close-with-grace', 'close-with-grace', 'close-with-grace'),
  installed('restify', 'restify', 'restify'),
  installed('Express', 'express', 'express'),
  installed('hapi', 'hapi', '@hapi/hapi'),
  installed('Koa', 'koa', 'koa'),
  installed('NestJS', 'nestjs', '@nestjs/core'),
  {
    name: 'FastAPI',
    command: [values.python, serverFile('fastapi_app.py')],
    version: () => python('-c', PYTHON_VERSIONS),
    without: ['text'],
  },
]

async function measure(peer: Peer): Promise<Partial<Record<Scenario, Outcome>>> {
  const outcomes: Partial<Record<Scenario, Outcome>> = {}
  for (const scenario of [...CAUGHT.keys(), ...ESCAPED.keys()]) {
    if (peer.without?.includes(scenario)) continue
    outcomes[scenario] = await probe(peer, scenario)
    console.log(peer.name, scenario, JSON.stringify(outcomes[scenario]))
  }
  return outcomes
}

const isPartial = values.page || values.only.length > 0
const last: Run = isPartial ? JSON.parse(readFileSync(RESULTS, 'utf8')) : { versions: {}, results: {} }
const versions: Record<string, string> = { ...last.versions }
const results: Record<string, Partial<Record<Scenario, Outcome>>> = { ...last.results }
if (!values.page) {
  versions.Node = process.version.slice(1)
  for (const peer of PEERS) {
    if (values.only.length > 0 && !values.only.includes(peer.name)) continue
    versions[peer.name] = peer.version()
    results[peer.name] = await measure(peer)
    if (peer.name === 'FastAPI') versions.Python = python('--version')
  }
}
const run: Run = { versions, results }
writeFileSync(RESULTS, `${JSON.stringify(run, null, 2)}\n`)
writeBlock(PAGE, '<!-- measured: begin -->', '<!-- measured: end -->', table(run))
