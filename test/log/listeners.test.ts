import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { bodyOf, MASKED } from '../support/app.ts'
import { type Child, type LogLine, startFixture } from '../support/child.ts'

const start = (t: TestContext, env: Record<string, string>) => startFixture(t, 'listeners', { env })
const FAULTS = 'fastify-isolate:fault'

const LISTENERS = [
  ['onFault', { LISTENS: 'onFault' }],
  ['a subscriber', { LISTENS: FAULTS }],
  ['a subscriber that Node does not show', { LISTENS: FAULTS, HIDDEN: 'true' }],
] as const

const FAILURES = [
  'throws',
  'rejects',
  'rejects later',
  'throws from a timer',
  'throws from a tick',
  'rejects on its own',
]

/** Messages of the faults in the log, in order. */
const faultsIn = (log: LogLine[]): string[] => log.filter(({ fault }) => fault).map(({ err }) => err.message)
/** Messages of the lines at `warn` and above that are no fault's. */
const troublesIn = (log: LogLine[]): string[] =>
  log.filter(({ level, fault }) => level >= 40 && !fault).map(({ err, msg }) => `${msg}: ${err?.message}`)

/** What has been counted once later requests were served: whatever goes on without end has gone on by then. */
async function countsAfterwards(child: Child): Promise<{ total: number }> {
  let counts = { total: 0 }
  for (let i = 0; i < 30; i += 1) {
    const answer = await child.ask('/counts')
    assert.equal(answer.status, 200)
    counts = JSON.parse(answer.body)
  }
  return counts
}

for (const [name, env] of LISTENERS) {
  for (const fails of FAILURES) {
    test(`${name} that ${fails}: a line, and no fault but those of requests`, async (t) => {
      const child = await start(t, { ...env, FAILS: fails })
      const answer = await child.ask('/bug')
      assert.equal(answer.status, 500)
      assert.deepEqual(bodyOf(answer), MASKED)
      await child.line(({ err }) => err?.message === 'the listener')
      assert.equal((await countsAfterwards(child)).total, 1)
      assert.deepEqual(faultsIn(child.log()), ['the route'])
      assert.deepEqual(troublesIn(child.log()), [
        'a listener of faults failed: its next failures are not logged: the listener',
      ])
      // Nothing of the listener's context is left where the next request runs.
      assert.equal((await child.ask('/escape')).status, 500)
      assert.equal((await countsAfterwards(child)).total, 2)
      await child.line(({ err }) => err?.message === 'escaped')
      assert.deepEqual(faultsIn(child.log()), ['the route', 'escaped'])
    })
  }

  for (const fails of ['reports', 'reports later']) {
    test(`${name} that ${fails}: what it reports is a fault that nobody is told of`, async (t) => {
      const child = await start(t, { ...env, FAILS: fails })
      assert.equal((await child.ask('/bug')).status, 500)
      await child.line(({ err }) => err?.message === 'reported')
      assert.equal((await countsAfterwards(child)).total, 2)
      assert.deepEqual(faultsIn(child.log()), ['the route', 'reported'])
      assert.deepEqual(troublesIn(child.log()), [])
    })
  }
}

for (const [name, env] of LISTENERS) {
  for (const fails of ['injects a request', 'injects a request later']) {
    test(`${name} that ${fails}: what escapes from that request is a fault of it, and it is answered`, async (t) => {
      const child = await start(t, { ...env, FAILS: fails })
      assert.equal((await child.ask('/bug')).status, 500)
      assert.equal((await child.line(({ injected }) => injected !== undefined)).injected, 500)
      assert.equal((await countsAfterwards(child)).total, 2)
      assert.deepEqual(faultsIn(child.log()), ['the route', 'escaped'])
      assert.deepEqual(troublesIn(child.log()), [])
    })
  }
}

for (const HIDDEN of ['false', 'true']) {
  for (const fails of ['throws', 'rejects', 'throws from a timer']) {
    test(`leaving: a subscriber that ${fails}, its list hidden: ${HIDDEN}, costs a line and no exit code`, async (t) => {
      const child = await start(t, { LISTENS: 'fastify-isolate:leave', FAILS: fails, HIDDEN })
      assert.equal((await child.ask('/fatal')).status, 500)
      assert.deepEqual(await child.exited, [70, null])
      assert.deepEqual(faultsIn(child.log()), ['the end'])
      const lines = child.log().filter(({ err }) => err?.message === 'the listener')
      assert.deepEqual(
        lines.map(({ msg }) => msg),
        ['a listener of the channel failed'],
      )
    })
  }
}

for (const HIDDEN of ['false', 'true']) {
  for (const fails of ['throws', 'rejects', 'throws from a timer', 'reports']) {
    test(`a subscriber to what became of requests that ${fails}, its list hidden: ${HIDDEN}, costs a line`, async (t) => {
      const child = await start(t, { LISTENS: 'fastify-isolate:answered', FAILS: fails, HIDDEN })
      assert.equal((await child.ask('/escape')).status, 500)
      const message = fails === 'reports' ? 'reported' : 'the listener'
      await child.line(({ err }) => err?.message === message)
      assert.equal((await child.ask('/escape')).status, 500)
      const own = fails === 'reports' ? ['reported', 'reported'] : []
      assert.equal((await countsAfterwards(child)).total, 2 + own.length)
      const told = await child.lines(2 + own.length, ({ fault }) => fault !== undefined)
      assert.deepEqual(faultsIn(told).sort(), ['escaped', 'escaped', ...own])
      assert.equal(troublesIn(child.log()).length, fails === 'reports' ? 0 : 1)
    })
  }
}

test('without escapes, a subscriber that throws costs a line', async (t) => {
  const child = await start(t, { LISTENS: FAULTS, FAILS: 'throws', ESCAPES: 'false' })
  assert.equal((await child.ask('/bug')).status, 500)
  await child.line(({ err }) => err?.message === 'the listener')
  assert.equal((await countsAfterwards(child)).total, 1)
})

test('without escapes, a subscriber that throws and that Node does not show ends the process', async (t) => {
  const child = await start(t, { LISTENS: FAULTS, FAILS: 'throws', HIDDEN: 'true', ESCAPES: 'false' })
  await child.ask('/bug')
  assert.deepEqual(await child.exited, [1, null])
  assert.match(child.stderr(), /Error: the listener/)
})

// In a process of its own: an overflow inside of Node may leave anything behind.
test('a stack that overflows while a fault is announced: the next fault is announced', async (t) => {
  const child = await startFixture(t, 'stack-overflow')
  const told = async (): Promise<number> => JSON.parse((await child.ask('/told')).body).told
  // where exactly the stack ends differs from one depth to the next
  for (let frames = 0; frames < 40; frames += 1) {
    assert.equal((await child.ask(`/deep/${frames}`)).status, 200)
    const before = await told()
    assert.equal((await child.ask('/bug')).status, 500)
    assert.equal(await told(), before + 1, `${frames} frames`)
  }
})
