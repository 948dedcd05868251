import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startFixture } from '../support/child.ts'
import { type Answer, ask } from '../support/client.ts'
import { TEST_TIMEOUT } from '../support/timeouts.ts'

/** Seconds, by the process's own clock, after which a process that may leave as sick has left. */
const LONG_ENOUGH = 12

function start(t: TestContext, leave: object): Promise<Child> {
  return startFixture(t, 'sick', { env: { LEAVE: JSON.stringify(leave) } })
}

/** Asks again and again, until `isOver` or the server is gone. Returns the answers. */
async function keepAsking(child: Child, path: string, isOver = () => false): Promise<Answer[]> {
  const answers: Answer[] = []
  while (!isOver() && answers.at(-1)?.status !== 0) {
    answers.push(await child.ask(path))
    await sleep(20)
  }
  return answers
}

async function askOften(child: Child, path: string, times: number): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: times }, () => child.ask(path)))
  return [...new Set(answers.map(({ status }) => status))]
}

/** The seconds that the process has been up when it has been so for {@link LONG_ENOUGH} more. */
function later(child: Child): () => boolean {
  const seconds = (): number => child.log().findLast((line) => line.seconds !== undefined)?.seconds ?? 0
  const end = seconds() + LONG_ENOUGH
  return () => seconds() >= end
}

/** What the process said as it left. */
const farewell = (child: Child) => child.log().find((line) => line.msg?.startsWith('leaving: '))

// They spend their time waiting for a window of the watch.
describe('a process that is sick', { concurrency: true }, () => {
  test('leaves where an error escapes whenever it takes a connection, so that it answers nobody', async (t) => {
    const child = await start(t, { sickAfter: 0 })
    const agent = new http.Agent({ keepAlive: true })
    assert.equal((await child.ask('/deafen', { agent })).status, 200)
    let isOver = false
    const exited = child.exited.finally(() => {
      isOver = true
    })
    while (!isOver) await Promise.race([exited, child.ask('/ok', { timeout: 200 })])
    agent.destroy()
    assert.deepEqual(await exited, [75, null])
    const { msg, leave } = farewell(child)!
    assert.ok(leave.sick.lost >= 20 && leave.sick.ended === 0)
    assert.equal(
      msg,
      `leaving: the process is sick: ${leave.sick.lost} connections were lost as they were taken, and no request was answered`,
    )
  })

  test('leaves where an escape leaked a pool and nothing that needs it ends, and waits for none of that', async (t) => {
    const child = await start(t, { sickAfter: 0 })
    assert.deepEqual(await askOften(child, '/orders', 5), [200])
    const leaks = Array.from({ length: 4 }, () => child.ask('/leak'))
    for (const leak of leaks) assert.equal((await leak).status, 500)
    const orders = Array.from({ length: 30 }, () => child.ask('/orders', { timeout: TEST_TIMEOUT }))
    const others = await keepAsking(child, '/ok')
    assert.deepEqual(await child.exited, [75, null])
    const served = others.filter(({ status }) => status === 200)
    // The last ones may come while it leaves.
    assert.ok(served.length > 20 && others.every(({ status }) => status !== 500))
    for (const order of orders) assert.equal((await order).status, 0)
    const { msg, leave, level } = farewell(child)!
    const { ended, failed, waiting } = leave.sick
    assert.equal(failed, 0)
    assert.ok(waiting >= 20, `${waiting} wait`)
    assert.equal(
      msg,
      `leaving: the process is sick: 0 of ${ended} requests failed, and ${waiting} wait too long, on routes that were fine before`,
    )
    assert.deepEqual([leave.reason, leave.exitCode, level], ['recycle', 75, 40])
    const [leak] = child.log().flatMap(({ fault }) => fault ?? [])
    assert.deepEqual([leak.verdict, leave.fault], ['recycle', leak.id])
  })

  test('leaves where most requests fail after an escape, on a route that was fine', async (t) => {
    const reportDir = mkdtempSync(path.join(tmpdir(), 'isolate-sick-'))
    t.after(() => rmSync(reportDir, { recursive: true, force: true }))
    const child = await start(t, { sickAfter: 0, reportDir })
    assert.deepEqual(await askOften(child, '/shop', 10), [200])
    assert.equal((await child.ask('/break')).status, 200)
    assert.equal((await child.ask('/escape')).status, 200)
    await keepAsking(child, '/shop')
    assert.deepEqual(await child.exited, [75, null])
    const { ended, failed, waiting } = farewell(child)!.leave.sick
    assert.ok(ended >= 20, `${ended} ended`)
    assert.ok(failed * 2 >= ended, `${failed} failed of ${ended}`)
    assert.ok(failed < ended, `${failed} failed of ${ended}`)
    assert.equal(waiting, 0)
    const [name = ''] = readdirSync(reportDir)
    const report = JSON.parse(readFileSync(path.join(reportDir, name), 'utf8'))
    assert.deepEqual([report.reason, report.sick], ['recycle', { ended, failed, waiting }])
  })

  test('leaves also where the error had escaped from another app of the process', async (t) => {
    const child = await start(t, { sickAfter: 0 })
    const shop = () => ask(child.ready.other, '/shop')
    assert.equal((await shop()).status, 200)
    assert.equal((await child.ask('/break')).status, 200)
    assert.equal((await child.ask('/escape')).status, 200)
    while ((await shop()).status !== 0) await sleep(20)
    assert.deepEqual(await child.exited, [75, null])
    const { ended, failed } = farewell(child)!.leave.sick
    assert.equal(failed, ended)
  })

  for (const [name, leave, warmUp, breaks] of [
    ['stays where the route was broken from the start', { sickAfter: 0 }, '/never-good', '/escape'],
    ['stays where it is younger than leave.sickAfter', { sickAfter: 600_000 }, '/shop', '/escape'],
    ['stays where nothing has escaped', { sickAfter: 0 }, '/shop', '/ok'],
  ] as const) {
    test(name, async (t) => {
      const child = await start(t, leave)
      await askOften(child, warmUp, 10)
      assert.equal((await child.ask('/break')).status, 200)
      assert.equal((await child.ask(breaks)).status, 200)
      const answers = await keepAsking(child, warmUp, later(child))
      assert.equal((await child.ask('/ok')).status, 200)
      const failed = answers.filter(({ status }) => status === 500)
      assert.ok(failed.length > 20 && failed.length * 2 > answers.length)
      assert.equal(farewell(child), undefined)
    })
  }
})
