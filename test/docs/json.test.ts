import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testApp, until } from '../support/app.ts'
import type { LogLine } from '../support/child.ts'
import { blocksOf } from '../support/markdown.ts'

/** The JSON that pages print is what an app answers and logs. */

function jsonOf(page: string, index = 0): LogLine {
  const block = blocksOf(page).filter(({ language }) => language === 'json')[index]
  assert.ok(block, `${page} has JSON`)
  return JSON.parse(block.code)
}

/** The names of the fields of an object, and of the objects in it. */
function fieldsOf(value: LogLine): Record<string, unknown> {
  const entries = Object.entries(value).map(([name, field]) => [
    name,
    typeof field === 'object' && field !== null ? fieldsOf(field) : typeof field,
  ])
  return Object.fromEntries(entries)
}

/** A line without what pino puts on each, and the page leaves out. */
function line({ time, pid, hostname, ...rest }: LogLine): LogLine {
  return rest
}

test('the answer of concepts.md', async (t) => {
  const { app, ask } = testApp(t)
  app.get('/report', async () => {
    throw new Error('secret')
  })
  assert.deepEqual(JSON.parse((await ask('/report')).body), jsonOf('docs/concepts.md'))
})

test('the line of log.md', async (t) => {
  const { app, ask, faultLines } = testApp(t)
  app.get('/report', async () => {
    throw new TypeError('late', { cause: new Error('why') })
  })
  await ask('/report?year=2026')
  const documented = jsonOf('docs/log.md')
  const seen = line(faultLines()[0] as LogLine)
  // of the cause the page shows the type only
  const { cause, ...err } = documented.err
  assert.deepEqual(
    fieldsOf({ ...seen, err: { ...seen.err, cause: {} } }),
    fieldsOf({ ...documented, err: { ...err, cause: {} } }),
  )
  assert.equal(seen.err.cause.type, cause.type)
  const { id: _id, fingerprint, ...fault } = seen.fault
  assert.equal(fingerprint.length, documented.fault.fingerprint.length)
  for (const [name, value] of Object.entries(fault)) assert.equal(value, documented.fault[name], name)
  const { host: _host, remoteAddress: _address, remotePort: _port, ...req } = seen.req
  for (const [name, value] of Object.entries(req)) assert.equal(value, documented.req[name], name)
  assert.equal(seen.level, documented.level)
  assert.match(seen.msg, /^request failed: /)
})

test('the line about a storm of log.md', async (t) => {
  const { app, ask, faultLines } = testApp(t, { isolate: { log: { burst: 1, window: 500 } } })
  app.get('/report', async () => {
    throw new Error('again')
  })
  await Promise.all(Array.from({ length: 20 }, () => ask('/report')))
  const heldBack = (): LogLine | undefined => faultLines().find(({ fault }) => fault.heldBack !== undefined)
  await until('a line about what was held back', () => heldBack() !== undefined)
  const documented = jsonOf('docs/log.md', 1)
  const seen = line(heldBack() as LogLine)
  assert.deepEqual(fieldsOf(seen), fieldsOf(documented))
  assert.equal(seen.route, documented.route)
  assert.equal(documented.msg.replace(documented.fault.heldBack, seen.fault.heldBack), seen.msg)
})
