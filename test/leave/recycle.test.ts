import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../support/folder.ts'
import { startLeaving } from '../support/leaving.ts'

test('a recycle that is due leaves with 75, and the exit codes can be changed', async (t) => {
  const recycled = await startLeaving(t, {
    leave: { recycleAfter: 1, recycleSpread: 0, drainDelay: 500, readiness: '/readyz' },
  })
  assert.equal((await recycled.ask('/recycle')).status, 500)
  assert.equal((await recycled.ask('/readyz')).status, 503)
  assert.deepEqual(await recycled.exited, [75, null])

  const exitCodes = { fatal: 99, recycle: 0 }
  const fatal = await startLeaving(t, { leave: { exitCodes } })
  await fatal.ask('/fatal')
  assert.deepEqual(await fatal.exited, [99, null])
  const zero = await startLeaving(t, { leave: { exitCodes, recycleAfter: 1, recycleSpread: 0 } })
  await zero.ask('/recycle')
  assert.deepEqual(await zero.exited, [0, null])
})

test('a recycle verdict waits for its uptime, and a second one changes nothing: the report names the first', async (t) => {
  const reportDir = temporaryFolder(t)
  const terminationLog = join(temporaryFolder(t), 'termination-log')
  const child = await startLeaving(t, {
    recycleIn: 8_000,
    leave: { recycleSpread: 0, reportDir, terminationLog },
  })
  await child.ask('/recycle')
  await child.ask('/recycle')
  assert.equal((await child.ask('/ok')).status, 200)
  assert.deepEqual(await child.exited, [75, null])
  const started = child.log().filter((line) => line.msg?.startsWith('leaving: '))
  assert.equal(started.length, 1)
  const [first, second] = child.log().flatMap(({ fault }) => fault ?? [])
  assert.notEqual(first.id, second.id)
  const { msg, leave } = started[0] ?? {}
  assert.match(msg, /^leaving: the process is recycled after Error: .+ \(GET \/recycle\)$/)
  assert.equal(leave.fault, first.id)
  const { reason, fault } = JSON.parse(readFileSync(join(reportDir, readdirSync(reportDir)[0]!), 'utf8'))
  assert.deepEqual([reason, fault.id, fault.verdict], ['recycle', first.id, 'recycle'])
  const message = readFileSync(terminationLog, 'utf8')
  assert.match(message, /^recycled after Error: .*\nat .*, exit code 75\nrequest: GET \/recycle /)
  assert.ok(message.includes(`fingerprint ${first.fingerprint},`))
})

test('a process that is old enough waits for its part of the spread, and says when it leaves', async (t) => {
  const spread = 1_000_000
  const child = await startLeaving(t, { leave: { recycleAfter: 1, recycleSpread: spread } })
  assert.equal((await child.ask('/recycle-due')).body, '')
  const before = Date.now()
  await child.ask('/recycle')
  await child.ask('/recycle')
  const due = Number((await child.ask('/recycle-due')).body)
  assert.ok(before <= due && due <= Date.now() + spread, `${due}`)
  const said = child.log().filter(({ leave }) => leave?.due !== undefined)
  const text = new Date(due).toISOString()
  assert.deepEqual(
    said.map(({ level, msg, leave }) => [level, msg, leave]),
    [[30, `the process will be recycled at ${text}`, { reason: 'recycle', due: text }]],
  )
  assert.equal((await child.ask('/leave')).body, 'leaving')
  assert.deepEqual(await child.exited, [0, null])
})

test('with recycleAfter: Infinity no verdict makes the process leave', async (t) => {
  const child = await startLeaving(t, { leave: { recycleAfter: 'Infinity' } })
  assert.equal((await child.ask('/recycle')).status, 500)
  assert.equal((await child.ask('/recycle')).status, 500)
  assert.equal((await child.ask('/leave')).status, 200)
  assert.deepEqual(await child.exited, [0, null])
  assert.ok(child.log().every(({ leave }) => leave?.due === undefined))
  const leaving = child.log().filter((line) => line.msg?.startsWith('leaving:'))
  assert.deepEqual(
    leaving.map(({ msg }) => msg),
    ['leaving: asked by a route'],
  )
})
