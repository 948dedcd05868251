import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Child, type LogLine, startFixture } from '../support/child.ts'
import { awaitFaults, crowd, faults } from '../support/escapes.ts'
import { temporaryFolder } from '../support/folder.ts'
import { until } from '../support/until.ts'

const start = (t: TestContext, env: Record<string, string> = {}): Promise<Child> =>
  startFixture(t, 'jobs', { env })
const countsOf = async (child: Child) => JSON.parse((await child.ask('/counts')).body)
const brief = ({ level, msg, req, reqId, fault }: LogLine): unknown[] => [
  level,
  msg,
  req ?? reqId,
  fault.origin,
  fault.attributedTo,
  fault.verdict,
  fault.job,
]
const line = (origin: string, level = 50): unknown[] => [
  level,
  'job mail failed: the job failed',
  undefined,
  origin,
  origin === 'job' ? 'call' : 'context',
  'contain',
  'mail',
]

/** What fails in each job, and how it is told. */
const JOBS = {
  throws: 'job',
  rejects: 'job',
  'rejects-later': 'job',
  'throws-later': 'exception',
  floats: 'rejection',
  'outer-promise': 'job',
  nested: 'job',
}

for (const [name, origin] of Object.entries(JOBS)) {
  test(`a job of a timer that was started at boot: ${name}: one fault of the job, and all are answered`, async (t) => {
    const child = await start(t)
    const others = await crowd(child)
    assert.equal((await child.ask(`/at-boot/${name}`)).status, 200)
    await child.line(({ fault }) => fault !== undefined)
    assert.equal((await child.ask('/open')).status, 200)
    for (const { status } of await others.answered) assert.equal(status, 200)
    assert.deepEqual(faults(child).map(brief), [line(origin)])
    const { total, job, verdict } = await countsOf(child)
    assert.deepEqual([total, job, verdict], [1, { mail: 1 }, { contain: 1, recycle: 0, fatal: 0 }])
  })

  test(`a job that a request started: ${name}: the request has its own answer`, async (t) => {
    const child = await start(t)
    const { status, body } = await child.ask(`/in-timer/${name}`)
    assert.deepEqual([status, body], [200, 'its own answer'])
    assert.deepEqual((await awaitFaults(child, 1)).map(brief), [line(origin)])
  })
}

test('all that escapes from a job inside of a request is the job’s', async (t) => {
  const child = await start(t)
  assert.equal((await child.ask('/in-request')).body, 'its own answer')
  await until(() => faults(child).length === 2)
  const told = faults(child).map(brief).sort()
  assert.deepEqual(told, [line('exception'), line('job')])
})

test('a request that awaits a job sees its rejection, and fails with it', async (t) => {
  const child = await start(t)
  assert.equal((await child.ask('/awaited')).status, 500)
  await until(() => faults(child).length === 2)
  const told = faults(child).map(({ fault, req }) => [fault.origin, fault.job, req?.route])
  assert.deepEqual(told, [
    ['job', 'mail', undefined],
    ['handler', undefined, '/awaited'],
  ])
})

for (const name of ['rejects', 'throws']) {
  test(`a request that only the job would have answered is answered: ${name}`, async (t) => {
    const child = await start(t)
    const others = await crowd(child)
    assert.equal((await child.ask(`/left-alone/${name}`)).status, 500)
    await child.ask('/open')
    for (const { status } of await others.answered) assert.equal(status, 200)
    assert.deepEqual(faults(child).map(brief), [line('job')])
    assert.equal((await countsOf(child)).forced, 1)
  })
}

test('a job that only passes on the abort of a request is no fault', async (t) => {
  const child = await start(t)
  assert.equal((await child.ask('/aborted')).status, 500)
  await child.line(({ passedOn }) => passedOn === true)
  assert.deepEqual(
    faults(child).map(({ fault, req }) => [fault.origin, fault.job, req?.route]),
    [['exception', undefined, '/aborted']],
  )
})

test('a job that throws while the body of a request is read: the request is answered, and its connection closed', async (t) => {
  const child = await start(t)
  const { status, headers } = await child.ask('/reads', {
    method: 'POST',
    headers: { 'content-type': 'text/raw' },
    body: 'x',
  })
  assert.deepEqual([status, headers.connection], [500, 'close'])
  assert.deepEqual(faults(child).map(brief), [line('job')])
})

test('one and the same error is counted each time, and the caller sees it each time', async (t) => {
  const child = await start(t)
  assert.deepEqual(JSON.parse((await child.ask('/caught')).body), { seen: 3 })
  assert.deepEqual((await countsOf(child)).job, { mail: 3 })
})

test('a FatalError of a job is fatal, and the report names the job', async (t) => {
  const DIR = temporaryFolder(t)
  const child = await start(t, { DIR })
  const others = await crowd(child)
  await child.ask('/at-boot/fatal')
  for (const { status } of await others.answered) assert.equal(status, 200)
  assert.deepEqual(await child.exited, [70, null])
  const [report = ''] = readdirSync(DIR)
  assert.equal(JSON.parse(readFileSync(join(DIR, report), 'utf8')).fault.job, 'mail')
  const [told, ...more] = faults(child).map(brief)
  assert.deepEqual(more, [])
  assert.deepEqual(told, [60, 'job mail failed: the lock is lost', undefined, 'job', 'call', 'fatal', 'mail'])
})

test('without escapes, what a job throws or rejects with is its fault, and what escapes later is left to Node', async (t) => {
  const child = await start(t, { ESCAPES: 'no' })
  await child.ask('/at-boot/rejects')
  const told = await child.line(({ fault }) => fault !== undefined)
  assert.deepEqual(brief(told), line('job'))
  await child.ask('/at-boot/throws-later')
  assert.deepEqual(await child.exited, [1, null])
  assert.equal(faults(child).length, 1)
})
