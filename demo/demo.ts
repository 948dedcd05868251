/**
 * Shows that each bug costs only the request that has it. Every row is real traffic to a real server in another
 * process: fifty other requests are in flight when the bug occurs, and their answers are counted afterwards. Then a route
 * that kills the process twice is closed.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CrashReport } from '../src/report/crash-report.ts'
import { formatReport } from '../src/report/format.ts'
import { ask, connections } from './client.ts'
import { ESCAPES } from './escapes.ts'
import { type Bug, CALL_BUGS, FATAL_BUG, SECRET } from './faults.ts'
import { RUNAWAYS } from './runaways.ts'
import { type FaultLine, ServerProcess } from './server-process.ts'
import { abridged, row, rule } from './table.ts'

const OTHERS = 50

const totals = { bugs: 0, answered: 0, leaks: 0, wrong: 0 }
const others = connections(OTHERS)
const causing = connections(1)

function essence(lines: readonly FaultLine[]): string {
  const [line] = lines
  if (line === undefined || lines.length !== 1) return `${lines.length} lines`
  const { err, fault, reqId } = line
  return `${reqId} ${fault.verdict} ${err.type}: ${err.message}`
}

async function strike(server: ServerProcess, bug: Bug): Promise<void> {
  const otherAnswers = Array.from({ length: OTHERS }, () => ask(server.port, '/other', others))
  await server.inFlight(OTHERS)
  const seen = await ask(server.port, bug.path, causing)
  server.release()
  const answered = (await Promise.all(otherAnswers)).filter(({ status }) => status === 200).length
  const lines = await server.linesOf(bug.path)

  totals.bugs += 1
  totals.answered += answered
  if (seen.body.includes(SECRET)) totals.leaks += 1
  if (seen.status !== bug.client || answered !== OTHERS || lines.length !== 1) totals.wrong += 1
  console.log(row([bug.name, String(seen.status), `${answered}/${OTHERS}`, essence(lines)]))
}

async function readReport(folder: string): Promise<string> {
  const [file] = await readdir(folder)
  if (file === undefined) throw new Error('the server left no report')
  return formatReport(JSON.parse(await readFile(join(folder, file), 'utf8')) as CrashReport)
}

const startedAt = Date.now()
const folder = await mkdtemp(join(tmpdir(), 'fastify-isolate-demo-'))
const reports = join(folder, 'reports')

async function startServer(): Promise<ServerProcess> {
  const started = new ServerProcess(reports, join(folder, 'state'))
  await started.ready()
  return started
}

/** Asks a route that is closed, and another one. */
async function askClosed(server: ServerProcess, { name, path }: Bug): Promise<void> {
  const { status } = await ask(server.port, path, causing)
  const other = ask(server.port, '/other', others)
  await server.inFlight(1)
  server.release()
  const isRight = status === 503 && (await other).status === 200
  if (!isRight) totals.wrong += 1
  console.log(row([name, String(status), isRight ? '1/1' : '0/1', `GET ${path} is closed`]))
}

const server = await startServer()

console.log(`A Fastify server with isolate() runs as process ${server.pid} on port ${server.port}.`)
console.log(`Each bug strikes on one connection while ${OTHERS} other requests are in flight.`)
console.log()
console.log(row(['the bug', 'client', 'others', 'the log line: id, verdict, error']))
console.log(rule())
for (const bug of CALL_BUGS) await strike(server, bug)
console.log(rule())
for (const bug of ESCAPES) await strike(server, bug)
console.log(rule())
for (const bug of RUNAWAYS) await strike(server, bug)

console.log()
console.log(`All of it in process ${server.pid}, which still serves. One error says that it must not:`)
console.log()
await strike(server, FATAL_BUG)
const [code] = await server.exit
console.log()
console.log(`The server answered, drained and left with exit code ${code}. Its report:`)
console.log()
console.log(abridged(await readReport(reports)))
console.log()

console.log(
  'It is started again, and dies of the same route. The next process closes that route, and serves the rest:',
)
console.log()
const second = await startServer()
await strike(second, FATAL_BUG)
await second.exit
const third = await startServer()
await askClosed(third, FATAL_BUG)
third.stop()
await third.exit
console.log()

console.log(`${totals.bugs} bugs, one log line each.`)
console.log(`Other requests answered: ${totals.answered} of ${totals.bugs * OTHERS}.`)
console.log(`Answers that gave the secret away: ${totals.leaks}.`)
console.log(`It took ${((Date.now() - startedAt) / 1000).toFixed(1)} s.`)

others.destroy()
causing.destroy()
await rm(folder, { recursive: true, force: true })
process.exitCode = totals.wrong === 0 && totals.leaks === 0 && code === 70 ? 0 : 1
