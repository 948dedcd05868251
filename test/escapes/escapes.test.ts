import assert from 'node:assert/strict'
import http from 'node:http'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { catalogue, GRACE, type Scenario, SECRET } from '../fixtures/escape-catalogue.ts'
import { type Child, type LogLine, startFixture } from '../support/child.ts'
import { type Answer, ask, connectRaw } from '../support/client.ts'
import { WAIT_TIMEOUT } from '../support/timeouts.ts'
import { until } from '../support/until.ts'

const OTHERS = 20

interface Outcome {
  readonly answer: Answer
  readonly others: Answer[]
  readonly lines: LogLine[]
}

describe('the catalogue of escapes', { concurrency: 4 }, () => {
  for (const [group, scenarios] of Object.entries(catalogue)) {
    describe(group, () => {
      const agent = new http.Agent({ keepAlive: true })
      let server: Promise<Child> | undefined
      after(() => agent.destroy())

      test('the whole group, in one process', async (t) => {
        server = startFixture(t, 'escapes')
        const child = await server
        for (const [name, scenario] of Object.entries(scenarios)) {
          await t.test(name, async (t) => {
            const outcome = await provoke(child, agent, name, scenario)
            check(outcome, name, scenario)
            // scripts/escapes-table.ts makes the table of docs/escapes.md of these
            t.diagnostic(`escape | ${group} | ${name} | ${outcome.lines[0]?.fault.attributedTo}`)
          })
        }
        // Some answers would come only now, long after the 500.
        await sleep(GRACE * 2)
        await t.test('the process is there until it is told to close', async () => {
          await ask(child.port, '/close')
          assert.deepEqual(await child.exited, [0, null])
          assert.equal(child.stderr(), '')
        })
      })
    })
  }
})

/** Twenty requests wait, the scenario's one fails, the twenty are let go. */
async function provoke(child: Child, agent: http.Agent, name: string, scenario: Scenario): Promise<Outcome> {
  const { port } = child
  const get = async (path: string) => JSON.parse((await ask(port, path, { agent })).body)
  if (name === 'shared-emitter') await get('/listen')
  const others = Array.from({ length: OTHERS }, () => ask(port, '/slow', { agent }))
  await until(async () => (await get('/waiting')).waiting === OTHERS)
  const answer = await send(child, name, scenario)
  const found = () => child.log().filter((line) => line.req?.route === `/${name}/:id`)
  await until(() => found().length >= (scenario.lines ?? 1))
  await get('/open')
  return { answer, others: await Promise.all(others), lines: found() }
}

async function send({ port }: Child, name: string, { client }: Scenario): Promise<Answer> {
  const path = `/${name}/one`
  const headers = { 'x-request-id': `id-of-${name}` }
  if (client === undefined) return ask(port, path, { headers })
  if (client === 'post') {
    return ask(port, path, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"some":"body"}',
    })
  }
  const isAbort = client === 'abort'
  const head = `${isAbort ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nhost: a\r\nx-request-id: id-of-${name}\r\n`
  const body = 'content-type: application/json\r\ncontent-length: 2\r\n\r\n{'
  const start = performance.now()
  const connection = await connectRaw(port, isAbort ? `${head}\r\n` : `${head}${body}`)
  await until(async () => JSON.parse((await ask(port, '/waiting')).body).waiting === OTHERS + 1)
  if (isAbort) connection.socket.destroy()
  else {
    connection.socket.write('}')
    await until(() => connection.received().includes('\r\n\r\n'))
    connection.socket.destroy()
  }
  const received = connection.received()
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1] ?? 0),
    headers: {},
    body: received,
    error: isAbort ? 'gone' : undefined,
    ms: performance.now() - start,
  }
}

function check({ answer, others, lines }: Outcome, name: string, scenario: Scenario): void {
  const { status = 500, cut = status === 0, origin = 'exception', attributedTo = 'context' } = scenario
  assert.equal(answer.status, status, answer.body)
  assert.equal(answer.error !== undefined, cut, answer.error)
  // a loaded machine may be slow, but never early
  if (status === 500 && !scenario.isPrompt) assert.ok(answer.ms >= GRACE - 20, `${answer.ms} ms`)
  assert.ok(answer.ms < WAIT_TIMEOUT, `${answer.ms} ms`)
  assert.ok(!answer.body.includes(SECRET), answer.body)
  assert.deepEqual(
    others.map((other) => other.status),
    Array(OTHERS).fill(200),
  )

  assert.equal(lines.length, scenario.lines ?? 1)
  const line = lines[0]!
  assert.equal(line.reqId, `id-of-${name}`)
  const { method, url, route } = line.req
  const sent = scenario.client?.endsWith('post') ? 'POST' : 'GET'
  assert.deepEqual({ method, url, route }, { method: sent, url: `/${name}/one`, route: `/${name}/:id` })
  const expected = catalogue.rejections?.[name] === scenario ? 'rejection' : 'exception'
  assert.equal(line.fault.origin, scenario.origin ?? expected, origin)
  assert.equal(line.fault.attributedTo, attributedTo)
  const verdict = line.fault.origin === 'exception' ? 'recycle' : 'contain'
  assert.equal(line.fault.verdict, verdict)
  assert.equal(line.level, 50)
}
