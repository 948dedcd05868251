import { FORMS } from '../forms/forms.ts'
import type { Planned } from '../plan.ts'

const formNamed = (name: string) => FORMS.find((form) => form.name === name)!

function request(id: string, name: string): Planned {
  const form = formNamed(name)
  const body = form.sends?.(id, 1)
  return {
    id,
    form,
    method: form.method ?? 'GET',
    path: `/${name}`,
    headers: { 'x-request-id': id },
    body,
    upload: 'length',
    version: '1.1',
  }
}

/** The answer that a request must get, as bytes. */
function answer({ id, form, body = '' }: Planned, change: (text: string) => string = (text) => text): string {
  const [expected] = form.answers
  const text = expected?.body(id, body) ?? ''
  const type = expected?.headers?.(id)['content-type']
  return change(
    `HTTP/1.1 ${expected?.status} Phrase\r\nx-id: ${id}\r\n${type === undefined ? '' : `content-type: ${type}\r\n`}` +
      `content-length: ${text.length}\r\n\r\n${text}`,
  )
}

const A = request('a-1', 'string')
const B = request('b-2', 'string')
const FAULT = request('c-3', 'throws-null')
const CUT = request('d-4', 'stream-of-length-fails')
const POST = request('e-5', 'echo')
const NO_CONTENT = request('f-6', 'no-content-with-a-body')
const TICK = request('g-7', 'tick')
const LATER_POST = request('h-8', 'echo')
const CLOSES = request('i-9', 'closes')
const TOO_LARGE = request('j-10', 'too-large')

/** The 500 of a request that may lose its body to another one. */
const lost = (planned: Planned): string => closing(answer({ ...FAULT, id: planned.id }))
const closing = (text: string): string => text.replace('x-id', 'connection: close\r\nx-id')
const hint = (id: string): string => `HTTP/1.1 103 Early Hints\r\nlink: </${id}>; rel=preload\r\n\r\n`

/** A server that says the same whatever it is sent, and then closes the connection, resets it, or does neither. */
export interface Scene {
  readonly name: string
  readonly sent: readonly Planned[]
  readonly answers: string
  readonly closes?: boolean
  readonly resets?: boolean
  /** The batch behind which the process leaves: all requests are in batch 0. */
  readonly leavesAfter?: number
  /** What the judge must say; undefined: nothing. */
  readonly violation: RegExp | undefined
}

/** What a server may do to a connection, good and bad. */
export const SCENES: readonly Scene[] = [
  {
    name: 'each has its own',
    sent: [A, FAULT, B],
    answers: answer(A) + answer(FAULT) + answer(B),
    violation: undefined,
  },
  {
    name: 'a cut that is promised',
    sent: [A, CUT],
    answers: answer(A) + answer(CUT).slice(0, -30),
    closes: true,
    violation: undefined,
  },
  { name: 'in the wrong order', sent: [A, B], answers: answer(B) + answer(A), violation: /x-id b-2/ },
  { name: 'one twice', sent: [A, B], answers: answer(A) + answer(A), violation: /x-id a-1/ },
  {
    name: 'one more than there were requests',
    sent: [A, B],
    answers: answer(A) + answer(B) + answer(B),
    violation: /an answer to nothing/,
  },
  {
    name: 'a body of another request',
    sent: [A, B],
    answers: answer(A) + answer(B, (text) => text.replace('b-2;b-2', 'b-2;a-1')),
    violation: /body/,
  },
  {
    name: 'a 500 for an innocent request',
    sent: [A, B],
    answers: answer(A) + answer({ ...FAULT, id: B.id }),
    violation: /status 500 instead of 200/,
  },
  {
    name: 'a fault that is a success',
    sent: [A, FAULT],
    answers: answer(A) + answer({ ...A, id: FAULT.id }),
    violation: /status 200 instead of 500/,
  },
  {
    name: 'a header of the success on a masked 500',
    sent: [FAULT],
    answers: answer(FAULT, (text) => text.replace('x-id', 'set-cookie: a=b\r\nx-id')),
    violation: /set-cookie/,
  },
  {
    name: 'the length of the success on a masked 500',
    sent: [FAULT, A],
    answers: answer(FAULT, (text) => text.replace(/length: \d+/, 'length: 15')) + answer(A),
    violation: /no status line/,
  },
  {
    name: 'a length and chunks',
    sent: [A],
    answers: answer(A, (text) => text.replace('x-id', 'transfer-encoding: chunked\r\nx-id')),
    violation: /a length and a transfer encoding/,
  },
  {
    name: 'half an answer that looks whole',
    sent: [CUT],
    answers: answer(CUT),
    violation: /whole, and must be cut/,
  },
  {
    name: 'a cut for no reason',
    sent: [A, B],
    answers: answer(A) + answer(B).slice(0, -5),
    closes: true,
    violation: /b-2 string: no answer/,
  },
  { name: 'no answer', sent: [A, B], answers: answer(A), closes: true, violation: /b-2 string: no answer/ },
  {
    name: 'closes without a reason',
    sent: [A, B],
    answers: answer(A, closing),
    closes: true,
    violation: /closes the connection without a reason/,
  },
  {
    name: 'closes before the process leaves',
    sent: [A],
    answers: answer(A, closing),
    closes: true,
    leavesAfter: 1,
    violation: /closes the connection without a reason/,
  },
  {
    name: 'closes as the process leaves',
    sent: [A],
    answers: answer(A, closing),
    closes: true,
    leavesAfter: 0,
    violation: undefined,
  },
  {
    name: 'goes on behind a connection that it closes',
    sent: [CLOSES, A],
    answers: answer(CLOSES, closing) + answer(A),
    violation: /another answer comes/,
  },
  {
    name: 'a body that a tick before it has lost',
    sent: [TICK, POST],
    answers: answer(TICK) + lost(POST),
    closes: true,
    violation: undefined,
  },
  {
    name: 'a body that a tick behind it has lost',
    sent: [POST, TICK],
    answers: lost(POST),
    closes: true,
    violation: /status 500 instead of 200/,
  },
  {
    name: 'a body that was lost for a fault that no parser has seen',
    sent: [FAULT, POST],
    answers: answer(FAULT) + lost(POST),
    closes: true,
    violation: /status 500 instead of 200/,
  },
  {
    name: 'two bodies lost at once',
    sent: [TICK, POST, LATER_POST],
    answers: answer(TICK) + answer({ ...FAULT, id: POST.id }) + lost(LATER_POST),
    closes: true,
    violation: /the connection is not closed/,
  },
  {
    name: 'a request without a body behind a tick',
    sent: [TICK, A],
    answers: answer(TICK),
    closes: true,
    violation: /a-1 string: no answer/,
  },
  {
    name: 'an answer that goes with a reset, while the client still sends',
    sent: [A, TOO_LARGE],
    answers: '',
    resets: true,
    violation: undefined,
  },
  {
    name: 'an answer that goes with a cut, and the client had sent all',
    sent: [A, CUT],
    answers: '',
    resets: true,
    violation: /a-1 string: no answer/,
  },
  {
    name: 'a hint of its own',
    sent: [A, B],
    answers: answer(A) + hint(B.id) + answer(B),
    violation: undefined,
  },
  {
    name: 'a hint of another request',
    sent: [A, B],
    answers: hint(B.id) + answer(A) + answer(B),
    violation: /a 103 behind 0 answers/,
  },
  {
    name: 'a 100 that nobody has asked for',
    sent: [A],
    answers: `HTTP/1.1 100 Continue\r\n\r\n${answer(A)}`,
    violation: /a 100 behind 0 answers/,
  },
  {
    name: 'the secret',
    sent: [A],
    answers: answer(A, (text) => text.replace('Phrase', 'hunter2')),
    violation: /the secret was given away/,
  },
  {
    name: 'a body behind a 204',
    sent: [NO_CONTENT, A],
    answers: `HTTP/1.1 204 No Content\r\nx-id: f-6\r\n\r\nbody${answer(A)}`,
    violation: /no status line/,
  },
  {
    name: 'a 400 within an answer',
    sent: [A, POST],
    answers: `${answer(A)}${answer(POST).slice(0, -20)}HTTP/1.1 400 Bad Request\r\n\r\n`,
    closes: true,
    violation: /body/,
  },
]
