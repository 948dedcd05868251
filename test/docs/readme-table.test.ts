import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { MASKED } from '../support/app.ts'
import { type Child, type LogLine, startFixture } from '../support/child.ts'
import { type Answer, connectRaw } from '../support/client.ts'
import { ROOT } from '../support/markdown.ts'
import { until } from '../support/until.ts'

/** The README's table of what happens to which error: each row is made to happen, and compared word by word. */

type Cells = readonly [client: string, log: string, process: string]

const NOTHING_OF_OURS = 'nothing of ours'
const GOOD_OR_500 = 'its own good answer, or 500 after grace'

function rows(): Map<string, Cells> {
  const readme = readFileSync(`${ROOT}README.md`, 'utf8')
  const [, ...lines] = (/^\| The error.*?\n\n/ms.exec(readme)?.[0] ?? '').trim().split('\n')
  return new Map(
    lines.slice(1).map((line) => {
      const cells = line.split('|').map((cell) => cell.replace(/\[([^\]]+)\]\([^)]+\)|`/g, '$1').trim())
      return [cells[1] as string, cells.slice(2, 5) as unknown as Cells]
    }),
  )
}

function isMasked({ body }: Answer, status = 500): boolean {
  assert.doesNotMatch(body, /secret/)
  const { statusCode, message } = JSON.parse(body)
  return statusCode === status && (status !== 500 || message === MASKED.message)
}

/** The line of a fault, and that there is no other about it. */
async function faultLine(child: Child, path: string | undefined): Promise<LogLine> {
  const isIts = ({ fault, req }: LogLine): boolean => fault !== undefined && req?.url === path
  const line = await child.line(isIts)
  assert.equal(child.log().filter((one) => isIts(one) || /secret/.test(JSON.stringify(one))).length, 1)
  return line
}

const levelOf = ({ level }: LogLine): string =>
  `one line, ${{ 30: 'info', 50: 'error', 60: 'fatal' }[level as 30]}`

async function servesOn(child: Child, { fault }: LogLine): Promise<string> {
  assert.equal((await child.ask('/fine')).body, 'fine')
  return fault.verdict === 'recycle' ? 'serves on, is replaced later' : 'serves on'
}

/** Makes a fault while another request is in flight, and waits until the process has left. */
async function leaves(child: Child, cause: () => Promise<unknown>): Promise<string> {
  const slow = child.ask('/slow')
  await child.line(({ req }) => req?.url === '/slow')
  await cause()
  const [code, signal] = await child.exited
  assert.equal((await slow).body, 'slow')
  return `drains, exits with ${code ?? signal}`
}

const masked =
  (path: string) =>
  async (child: Child): Promise<Cells> => {
    const answer = await child.ask(path)
    const line = await faultLine(child, path)
    return [
      isMasked(answer) ? `${answer.status}, masked` : answer.body,
      levelOf(line),
      await servesOn(child, line),
    ]
  }

const escapes =
  (path: string) =>
  async (child: Child): Promise<Cells> => {
    const [good, bad] = [await child.ask(path), await child.ask(`${path}-hangs`)]
    const isSo = good.body === 'a good answer' && isMasked(bad) && bad.ms >= 190
    const [line, , ...more] = await child.lines(2, ({ fault }) => fault !== undefined)
    assert.equal(more.length, 0)
    return [
      isSo ? GOOD_OR_500 : `${good.status}, ${bad.status}`,
      levelOf(line as LogLine),
      await servesOn(child, line as LogLine),
    ]
  }

const fatal =
  (path: string) =>
  async (child: Child): Promise<Cells> => {
    let answer: Answer | undefined
    const left = await leaves(child, async () => {
      answer = await child.ask(path)
    })
    const line = await faultLine(child, path)
    return [isMasked(answer as Answer) ? `${answer?.status}, masked` : '', levelOf(line), left]
  }

const expected =
  (path: string, status: number) =>
  async (child: Child): Promise<Cells> => {
    const answer = await child.ask(path)
    const { message } = JSON.parse(answer.body)
    const isUsual = answer.status === status && message !== MASKED.message
    const serves = await child.ask('/fine')
    await child.line(({ req }) => req?.url === '/fine')
    const ours = child.log().filter(({ fault, level }) => fault !== undefined || level >= 40)
    return [
      isUsual ? 'its usual answer' : answer.body,
      ours.length === 0 ? NOTHING_OF_OURS : JSON.stringify(ours),
      serves.status === 200 ? 'serves on' : '',
    ]
  }

const HAPPENINGS: readonly (readonly [RegExp, ...((child: Child) => Promise<Cells>)[]])[] = [
  [/^an expected one/, expected('/expected', 404), expected('/own-status', 404), expected('/invalid', 400)],
  [/^thrown or rejected/, masked('/thrown'), masked('/thrown-in-hook')],
  [
    /^with a status of 500 to 599/,
    async (child) => {
      const answer = await child.ask('/unavailable')
      const line = await faultLine(child, '/unavailable')
      const isSo = answer.status === 503 && isMasked(answer, 503) && answer.headers['retry-after'] === '7'
      const client = isSo ? 'that status and its Retry-After, masked' : answer.body
      return [client, levelOf(line), await servesOn(child, line)]
    },
  ],
  [/^a body stream that fails before/, masked('/early-stream')],
  [
    /^a body stream that fails later/,
    async (child) => {
      const { status, error } = await child.ask('/late-stream')
      const line = await faultLine(child, '/late-stream')
      return [
        status === 200 && error !== undefined ? 'the connection is cut' : `${status}`,
        line.bytesSent > 0 ? 'one line with the bytes sent' : levelOf(line),
        await servesOn(child, line),
      ]
    },
  ],
  [/^a promise that floats/, escapes('/floating')],
  [/^a throw in a timer/, escapes('/timer')],
  [
    /^the 'error' event of a pooled connection/,
    async (child) => {
      const { body } = await child.ask('/pooled')
      const line = await faultLine(child, '/pooled')
      assert.equal(line.fault.attributedTo, 'connection')
      return [body === 'a good answer' ? 'its own answer' : body, levelOf(line), await servesOn(child, line)]
    },
  ],
  [/^an endless loop/, masked('/endless-loop')],
  [/^exhausted resources/, masked('/exhausted')],
  [/^FatalError/, fatal('/fatal'), fatal('/caused-fatally')],
  [
    /^an escape that belongs to no request/,
    async (child) => {
      child.kill('SIGUSR2')
      const line = await faultLine(child, undefined)
      return ['nobody is waiting', levelOf(line), await servesOn(child, line)]
    },
  ],
  [
    /^the client went away/,
    async (child) => {
      const client = await connectRaw(child.port, 'GET /endless HTTP/1.1\r\nhost: x\r\n\r\n')
      await until(() => client.received().includes('more'))
      client.socket.resetAndDestroy()
      const line = await child.line(({ msg }) => /the client went away/.test(msg))
      assert.equal((await child.ask('/fine')).body, 'fine')
      return ['nobody is waiting', levelOf(line), line.fault === undefined ? 'serves on' : '']
    },
  ],
]

describe('the README says what happens to', { concurrency: 2 }, () => {
  const table = rows()
  test('errors of which each is made to happen here', () => {
    assert.equal(table.size, HAPPENINGS.length)
  })
  for (const [error, cells] of table) {
    const [, ...happenings] = HAPPENINGS.find(([pattern]) => pattern.test(error)) ?? [error]
    test(error, async (t) => {
      assert.ok(happenings.length > 0, 'somebody has to make it happen')
      for (const happens of happenings) {
        assert.deepEqual(await happens(await startFixture(t, 'readme-table')), cells)
      }
    })
  }
})
