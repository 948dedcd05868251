import type { Choices } from './choices.ts'
import type { Planned } from './planned.ts'

/** Characters of a body that no buffer on the way takes at once. */
const LARGE = 3_000_000

type Healthy = (nonce: string, choices: Choices) => Omit<Planned, 'nonce'>

function get(name: string, path: string, body: string, status = 200): Omit<Planned, 'nonce'> {
  return { name, method: 'GET', path, body: undefined, expected: { status, body, isCut: false, faults: [] } }
}

/** Requests without a fault, whose answers carry their nonce. */
const KINDS: readonly Healthy[] = [
  (nonce) => get('echo', `/echo/${nonce}`, JSON.stringify({ nonce })),
  (nonce, choices) =>
    get('slow', `/slow/${nonce}?ms=${choices.between(1, 60)}`, JSON.stringify({ slow: nonce })),
  (nonce, choices) => {
    const pieces = choices.between(1, 8)
    return get('stream', `/stream/${nonce}?pieces=${pieces}`, `${nonce}\n`.repeat(pieces))
  },
  (nonce, choices) => {
    const body = JSON.stringify({ nonce, pad: 'x'.repeat(choices.between(0, 4000)) })
    return { ...get('post', '/post', body), method: 'POST', body }
  },
  (nonce) => {
    const error = { statusCode: 422, error: 'Unprocessable Entity', message: nonce }
    return get('expected', `/expected/${nonce}`, JSON.stringify(error), 422)
  },
  (nonce) => {
    const error = { message: `Route GET:/missing/${nonce} not found`, error: 'Not Found', statusCode: 404 }
    return get('missing', `/missing/${nonce}`, JSON.stringify(error), 404)
  },
]

/** A request for a small answer. */
export function healthyRequest(nonce: string, choices: Choices, only?: 'GET'): Planned {
  const planned = choices.one(KINDS)(nonce, choices)
  return only === undefined || planned.method === only
    ? { nonce, ...planned }
    : healthyRequest(nonce, choices, only)
}

/** A request for an answer that is larger than what the system buffers. */
export function largeRequest(nonce: string, choices: Choices): Planned {
  const line = `${nonce}\n`
  const body = line.repeat(Math.ceil(LARGE / line.length))
  const path = choices.happens(0.5) ? 'text' : 'stream'
  return {
    nonce,
    ...get(`large ${path}`, `/large/${path}/${nonce}?lines=${body.length / line.length}`, body),
  }
}

/** A request whose answer takes so long that a client has time to go away. */
export function lingeringRequest(nonce: string, choices: Choices): Planned {
  return {
    nonce,
    ...get('slow', `/slow/${nonce}?ms=${choices.between(20, 300)}`, JSON.stringify({ slow: nonce })),
  }
}
