/**
 * Makes the measured table of `docs/comparison.md`: every server, every scenario, each in a process of its own.
 *
 * The other servers are installed apart: `npm ci --prefix scripts/comparison`, and for FastAPI
 * `pip install -r scripts/comparison/requirements.txt`, with `--python` naming the interpreter that has them.
 * A server that is not there is an error unless `--skip NAME` says so.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Outcome, type Peer, probe, type Scenario } from './probe.ts'
import { table } from './table.ts'

const ROOT = new URL('../../../', import.meta.url)
const PAGE = new URL('docs/comparison.md', ROOT)
const RESULTS = new URL('scripts/comparison/results.json', ROOT)
const SCENARIOS: readonly Scenario[] = [
  'throw',
  'text',
  'upstream',
  'stream',
  'timer',
  'floating',
  'background',
  'SIGTERM',
]

const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    only: { type: 'string', multiple: true, default: [] },
    skip: { type: 'string', multiple: true, default: [] },
  },
})

const serverFile = (name: string): string =>
  fileURLToPath(new URL(`scripts/comparison/servers/${name}`, ROOT))
const onNode = (name: string, file: string): Peer => ({
  name,
  command: [process.execPath, serverFile(`${file}.js`)],
})

const PEERS: readonly Peer[] = [
  onNode('fastify-isolate', 'fastify-isolate'),
  onNode('Fastify', 'fastify'),
  onNode('close-with-grace', 'close-with-grace'),
  onNode('restify', 'restify'),
  onNode('Express', 'express'),
  onNode('hapi', 'hapi'),
  onNode('Koa', 'koa'),
  onNode('NestJS', 'nestjs'),
  { name: 'FastAPI', command: [values.python, serverFile('fastapi_app.py')], without: ['text'] },
]

const results: Record<string, Partial<Record<Scenario, Outcome>>> = values.only.length > 0
  ? JSON.parse(readFileSync(RESULTS, 'utf8')).results
  : {}

for (const peer of PEERS) {
  if (values.skip.includes(peer.name)) {
    console.log(`${peer.name}: skipped`)
    continue
  }
  if (values.only.length > 0 && !values.only.includes(peer.name)) continue
  const outcomes: Partial<Record<Scenario, Outcome>> = {}
  for (const scenario of SCENARIOS) {
    if (peer.without?.includes(scenario)) continue
    outcomes[scenario] = await probe(peer, scenario)
    console.log(peer.name, scenario, JSON.stringify(outcomes[scenario]))
  }
  results[peer.name] = outcomes
}

writeFileSync(RESULTS, `${JSON.stringify({ node: process.version, results }, null, 2)}\n`)
const page = readFileSync(PAGE, 'utf8')
const [begin, end] = ['<!-- measured: begin -->', '<!-- measured: end -->']
const before = page.slice(0, page.indexOf(begin) + begin.length)
const after = page.slice(page.indexOf(end))
writeFileSync(PAGE, `${before}\n\n${table(results, SCENARIOS)}\n${after}`)
