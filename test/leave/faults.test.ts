import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { temporaryFolder } from '../support/folder.ts'
import { startLeaving } from '../support/leaving.ts'

test('a fault on the way out is answered and shortens nothing', async (t) => {
  const child = await startLeaving(t)
  const others = [child.ask('/later-fail'), child.ask('/slow?ms=500')]
  await child.line((line) => line.reqId === 'req-2')
  await child.ask('/fatal')
  const [failed, slow] = await Promise.all(others)
  assert.equal(failed?.status, 500)
  assert.equal(slow?.body, 'slow but whole')
  assert.deepEqual(await child.exited, [70, null])
})

test('a second fatal fault on the way out is answered, and the drain goes on', async (t) => {
  const child = await startLeaving(t)
  const others = [child.ask('/later-fatal'), child.ask('/slow?ms=500')]
  await child.line((line) => line.reqId === 'req-2')
  await child.ask('/fatal')
  const [failed, slow] = await Promise.all(others)
  assert.equal(failed?.status, 500)
  assert.equal(slow?.body, 'slow but whole')
  assert.deepEqual(await child.exited, [70, null])
  assert.equal(child.log().filter((line) => line.level === 60).length, 2)
  assert.equal(child.log().filter((line) => line.msg?.startsWith('leaving:')).length, 1)
})

test('an error without a request on the way out is logged, and the drain goes on', async (t) => {
  const child = await startLeaving(t)
  const slow = child.ask('/slow?ms=500')
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal-then-escape')
  assert.equal((await slow).body, 'slow but whole')
  assert.deepEqual(await child.exited, [70, null])
  const lines = child.log().filter((line) => line.err?.message === 'an escape of no request')
  assert.equal(lines.length, 1)
  assert.equal(lines[0]?.reqId, undefined)
})

test('process.exit() without a code on the way out ends at once, but never looks like a success', async (t) => {
  const child = await startLeaving(t)
  const never = child.ask('/never')
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal-then-exit')
  assert.equal((await never).error, 'ECONNRESET')
  assert.deepEqual(await child.exited, [70, null])
  assert.ok(!child.log().some((line) => line.msg?.startsWith('left:')))
})

test('inject() on the way out is turned away too', async (t) => {
  const child = await startLeaving(t)
  const injecting = child.ask('/later-inject')
  await child.line((line) => line.reqId === 'req-1')
  await child.ask('/fatal')
  assert.equal((await injecting).body, '[503,"1"]')
  assert.deepEqual(await child.exited, [70, null])
})

for (const path of ['/later-escape', '/bare-escape']) {
  test(`an escape on the way out is logged once and shortens nothing: ${path}`, async (t) => {
    const child = await startLeaving(t)
    const others = [child.ask(path), child.ask('/slow?ms=500')]
    await child.line((line) => line.reqId === 'req-2')
    await child.ask('/fatal')
    assert.deepEqual(
      (await Promise.all(others)).map(({ body }) => body),
      ['answered', 'slow but whole'],
    )
    assert.deepEqual(await child.exited, [70, null])
    const lines = child.log().filter((line) => line.err?.message.startsWith('an escape'))
    assert.deepEqual(
      lines.map((line) => line.level),
      [50],
    )
  })
}

test('a fatal fault while the user closes the app', async (t) => {
  const child = await startLeaving(t)
  const other = child.ask('/slow?ms=600')
  await child.line((line) => line.reqId === 'req-1')
  assert.equal((await child.ask('/close-then-fatal')).body, 'closing')
  assert.equal((await other).body, 'slow but whole')
  assert.deepEqual(await child.exited, [70, null])
})

test('a fatal fault of an app that has closed leaves by its options, with its log and its report', async (t) => {
  const reportDir = temporaryFolder(t)
  const child = await startLeaving(t, { leave: { exitCodes: { fatal: 99 }, reportDir } })
  assert.equal((await child.ask('/closed-then-fatal')).body, 'closing')
  assert.deepEqual(await child.exited, [99, null])
  assert.equal(child.log().at(-1)?.msg, 'left: exit code 99')
  assert.equal(readdirSync(reportDir).length, 1)
})

test('a listener of exit that throws keeps no process that has left alive', async (t) => {
  const child = await startLeaving(t, { onExit: 'throw' })
  assert.equal((await child.ask('/fatal')).status, 500)
  assert.deepEqual(await child.exited, [70, null])
  assert.match(child.log().at(-1)?.err.message, /a listener of exit failed/)
})

test('the drain does not wait for the request that was fatal and that nobody answers', async (t) => {
  const child = await startLeaving(t, { leave: { deadline: 60_000 } })
  assert.equal((await child.ask('/fatal-rejection')).status, 500)
  assert.deepEqual(await child.exited, [70, null])
})
