import { ESCAPES } from '../../demo/escapes.ts'
import { type Bug, CALL_BUGS } from '../../demo/faults.ts'
import { catalogue, type Scenario } from '../fixtures/escape-catalogue.ts'
import type { Expected, Planned } from './planned.ts'

/** One kind of fault or escape. */
export interface Row {
  readonly name: string
  readonly client: Scenario['client']
  readonly plan: (nonce: string) => Planned
  readonly answer: Pick<Expected, 'status' | 'isCut'>
  /** Whether all of its faults escape from the call. */
  readonly isEscape: boolean
}

/** The answers of the catalogues that are neither masked nor the usual `{"ok":true}`. */
const BODIES: Readonly<Record<string, string>> = {
  'started-and-ends-well': 'begun ended',
  'response-write-callback': 'begun',
  '/floats-well': 'fine',
  '/half': 'half of the answer',
}

/** The origins of what the demo's bugs are caught as, where that is not `handler`. */
const ORIGINS: Readonly<Record<string, string>> = {
  '/hook': 'hook',
  '/on-send': 'hook',
  '/circular': 'reply',
  '/stream': 'stream',
  '/half': 'stream',
  '/floats': 'rejection',
  '/floats-well': 'rejection',
}

/** What has more than one fault, in the order of the catalogue's `lines`, and what has one line more than faults. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  'two-escapes': ['exception context', 'exception context'],
  'escape-and-a-throw': ['exception context', 'handler call'],
  'handled-late': ['rejection context'],
}

/** What has an answer of its own, after the grace. */
const LATE: ReadonlySet<string> = new Set(['answers-too-late', 'hook-of-the-answer-is-slow'])
const IN_TIME = { inTime: { status: 200, body: '{"ok":true}', isCut: false } }

function bodyOf(name: string, status: number, nonce: string): string {
  if (status === 0) return ''
  if (status >= 500) {
    const error = status === 503 ? 'Service Unavailable' : 'Internal Server Error'
    return JSON.stringify({ statusCode: status, error, message: error, requestId: nonce })
  }
  return BODIES[name] ?? '{"ok":true}'
}

function ofCatalogue(group: string, name: string, scenario: Scenario): Row {
  const { client, status = 500, cut = status === 0 } = scenario
  const origin = scenario.origin ?? (group === 'rejections' ? 'rejection' : 'exception')
  const faults = FAULTS[name] ?? [`${origin} ${scenario.attributedTo ?? 'context'}`]
  const isPost = client?.endsWith('post') === true
  return {
    name,
    client,
    answer: { status, isCut: cut },
    isEscape: faults.every((fault) => fault.endsWith(' context')),
    plan: (nonce) => ({
      nonce,
      name,
      method: isPost ? 'POST' : 'GET',
      path: `/${name}/${nonce}`,
      body: isPost ? '{}' : undefined,
      expected: {
        status,
        body: bodyOf(name, status, nonce),
        isCut: cut,
        faults,
        ...(LATE.has(name) ? IN_TIME : {}),
      },
    }),
  }
}

function ofDemo({ path, client }: Bug, isEscape: boolean): Row {
  const isCut = client === 'cut'
  const status = client === 'cut' ? 200 : client
  const faults = [isEscape ? `${ORIGINS[path] ?? 'exception'} context` : `${ORIGINS[path] ?? 'handler'} call`]
  return {
    name: path,
    client: undefined,
    answer: { status, isCut },
    isEscape,
    plan: (nonce) => ({
      nonce,
      name: path,
      method: 'GET',
      path: `/demo${path}/${nonce}`,
      body: undefined,
      expected: { status, body: bodyOf(path, status, nonce), isCut, faults },
    }),
  }
}

/** Every row of the catalogue of escapes and of the demo. */
export const ROWS: readonly Row[] = [
  ...Object.entries(catalogue).flatMap(([group, scenarios]) =>
    Object.entries(scenarios).map(([name, scenario]) => ofCatalogue(group, name, scenario)),
  ),
  ...CALL_BUGS.map((bug) => ofDemo(bug, false)),
  ...ESCAPES.map((bug) => ofDemo(bug, true)),
]
