import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { findPastLives } from '../../src/flight/past-lives.ts'
import { thisProcess } from '../../src/flight/this-process.ts'
import type { CrashReport } from '../../src/report/crash-report.ts'
import { QUERY, type RunawayCase } from '../fixtures/runaway-catalogue.ts'
import { type Child, jsonLines, type LogLine, startFixture } from './child.ts'
import type { Answer } from './client.ts'
import { temporaryFolder } from './folder.ts'
import { until } from './until.ts'

export const INNOCENTS = [
  '/timer',
  '/interval',
  '/immediate',
  '/fs',
  '/timer',
  '/interval',
  '/immediate',
  '/fs',
]
const AFTERWARDS = [
  '/timer',
  '/interval',
  '/immediate',
  '/fs',
  '/plain',
  '/context',
  '/context',
  '/context',
  '/context',
]

/** Lets the runaways of a group run away in one process, one after the other, and checks what everybody gets. */
export async function checkGroup(
  t: TestContext,
  group: Readonly<Record<string, RunawayCase>>,
): Promise<void> {
  const child = await startFixture(t, 'runaways')
  for (const [name, expected] of Object.entries(group)) {
    await t.test(name, async (each) => {
      await checkEnded(child, name, expected)
      each.diagnostic(`runaway | ${name} | ended`)
    })
  }
}

/** The one crash report in a folder. */
export function onlyReport(folder: string): CrashReport {
  const files = readdirSync(folder)
  assert.equal(files.length, 1)
  return JSON.parse(readFileSync(join(folder, files[0] as string), 'utf8')) as CrashReport
}

const NATIVE =
  /^native code, perhaps of .*, has blocked the event loop for \d+ ms and cannot be interrupted: the process is killed$/

/** Sends the requests of a runaway that is killed, and checks what the thread writes. */
export async function checkKilled(t: TestContext, name: string, expected: RunawayCase): Promise<void> {
  const dir = temporaryFolder(t)
  const reportDir = temporaryFolder(t)
  const child = await startFixture(t, 'runaways', {
    env: { SETUP: JSON.stringify({ leave: { reportDir }, recorder: { dir } }) },
  })
  await runAway(child, name, expected)
  assert.deepEqual(await child.exited, [null, 'SIGKILL'])
  const culprit = { id: `id-of-${name}`, method: 'GET', route: `/${name}/:id` }
  const [line] = jsonLines(child.stderr())
  assert.equal(line?.level, 60)
  assert.match(line.msg, NATIVE)
  assert.ok(line.msg.includes(` GET /${name}/:id, `), line.msg)
  const [newest] = line.inFlight
  assert.deepEqual({ ...culprit, age: newest.age }, newest)
  // one whose answer has just arrived may still count
  assert.ok(line.inFlightTotal > INNOCENTS.length, line.inFlightTotal)
  const report = onlyReport(reportDir)
  assert.deepEqual(report.inFlight.at(-1), newest)
  assert.deepEqual(
    report.inFlight.filter(({ route }) => INNOCENTS.includes(route ?? '')).length,
    INNOCENTS.length,
  )
  assert.equal(report.exitCode, 137)
  assert.equal(report.fault?.origin, 'runaway')
  const [death, ...more] = findPastLives(dir, thisProcess())
  assert.deepEqual([death?.life.death?.cause, more], ['runaway', []])
  assert.equal(death?.life.death?.inFlight[0], `GET /${name}/:id`)
  t.diagnostic(`runaway | ${name} | killed`)
}

/** Eight requests are in flight beside the runaway, and ten are sent after it. */
async function checkEnded(child: Child, name: string, expected: RunawayCase): Promise<void> {
  const { innocents, answer } = await runAway(child, name, expected)
  assert.equal((await answer).status, expected.status ?? 500, child.stderr())
  const reqId = `id-of-${name}`
  checkLine(await child.line((each) => each.fault !== undefined && each.reqId === reqId), name, expected)
  assert.equal((await child.ask('/open')).status, 200, child.stderr())
  const others = [
    ...(await innocents),
    ...(await Promise.all(AFTERWARDS.map((path) => child.ask(path)))),
    await child.ask('/plain', { method: 'POST', body: '{"n":1}', headers: CONTENT.POST }),
  ]
  assert.deepEqual(
    others.map((each) => each.status),
    others.map(() => 200),
  )
  const faults = child.log().filter((each) => each.fault !== undefined && each.reqId === reqId)
  // a chain may be ended when its next link is queued already, which then runs away for itself
  const most = expected.isBetween === true ? 2 : (expected.times ?? 1)
  assert.ok(faults.length >= (expected.times ?? 1) && faults.length <= most, `${faults.length} faults`)
}

/** Sends requests that wait until the fixture is opened. */
export async function crowdOf(child: Child): Promise<{ answers: Promise<Answer[]> }> {
  await child.ask('/close')
  const answers = Promise.all(INNOCENTS.map((path) => child.ask(path)))
  await until(async () => JSON.parse((await child.ask('/waiting')).body).waiting === INNOCENTS.length)
  return { answers }
}

async function runAway(
  child: Child,
  name: string,
  { method = 'GET' }: RunawayCase,
): Promise<{ innocents: Promise<Answer[]>; answer: Promise<Answer> }> {
  const innocents = (await crowdOf(child)).answers
  const answer = child.ask(`/${name}/one${QUERY[name] ?? ''}`, {
    method,
    headers: { 'x-request-id': `id-of-${name}`, ...CONTENT[method] },
    ...(method === 'GET' ? {} : { body: '{"n":1}' }),
  })
  return { innocents, answer }
}

const CONTENT = {
  GET: {},
  POST: { 'content-type': 'application/json' },
  PUT: { 'content-type': 'text/plain' },
}

function checkLine(
  line: LogLine,
  name: string,
  { method = 'GET', frame = 'spin', isBetween }: RunawayCase,
): void {
  const [, what, ms, where] =
    /^(.*) blocked the event loop for (\d+) ms and was ended (at .*)$/.exec(line.msg) ?? []
  assert.equal(what, `${method} /${name}/:id`, line.msg)
  assert.ok(Number(ms) > 0)
  assert.ok(line.err.stack.includes(where), line.msg)
  assert.equal(line.req.route, `/${name}/:id`)
  const { origin, verdict, attributedTo } = line.fault
  assert.deepEqual([origin, verdict, attributedTo], ['runaway', 'recycle', 'context'])
  assert.equal(line.level, 50)
  assert.equal(line.err.type, 'RunawayError')
  const own =
    /at (?:async )?(?:[A-Z]\w*\.)?(\w+) (?:\[as \w+\] )?\(\S*runaway-catalogue/.exec(line.err.stack)?.[1] ??
    ''
  assert.ok((isBetween === true ? ['', 'work', frame] : [frame]).includes(own), line.err.stack)
}
