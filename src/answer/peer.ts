import type { ServerResponse } from 'node:http'
import { constants, type Http2Session, type Http2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import { attempt } from '../attempt.ts'
import { readProperty } from '../fault/thrown.ts'
import type { Ended } from '../request/context.ts'
import { resetHead } from './node-http.ts'
import { phraseOf } from './phrase.ts'
import { cutResponse, plainBody } from './raw.ts'

/** What a listener of Node's server got to serve its client with: a response, a socket, or a stream or session of HTTP/2. */
type Target = ServerResponse | Duplex | Http2Stream | Http2Session

/** The client of a listener of Node's server: answered 500, or cut, where the listener fails. */
export class Peer {
  readonly #target: Target
  readonly #mayAnswer: boolean
  readonly #bytesBefore: number | undefined

  /**
   * Made before the listener is called.
   *
   * @param mayAnswer Whether the client of a socket waits for an HTTP/1 answer.
   */
  constructor(target: object, mayAnswer: boolean) {
    this.#target = target as Target
    this.#mayAnswer = mayAnswer
    this.#bytesBefore = mayAnswer ? this.bytesWritten : undefined
  }

  /** Whether it is a response, or a stream of HTTP/2, of which Fastify may make the answer. */
  get isOfExchange(): boolean {
    return isResponse(this.#target) || isStream(this.#target)
  }

  /** The bytes that were written to its connection; undefined where Node does not count them. */
  get bytesWritten(): number | undefined {
    const target = this.#target
    return readProperty(isResponse(target) ? target.socket : target, 'bytesWritten') as number | undefined
  }

  /**
   * Answers 500, or cuts where an answer has started or none is awaited. Never throws.
   *
   * @param requestId For the body of the answer.
   */
  fail(requestId: string): Ended {
    const target = this.#target
    try {
      if (isResponse(target)) return failResponse(target, requestId)
      if (this.#mayAnswer && this.#isUntouched(target as Duplex))
        return answerSocket(target as Duplex, requestId)
      if (isSession(target)) target.destroy(undefined, constants.NGHTTP2_INTERNAL_ERROR)
      else if (isStream(target)) target.close(constants.NGHTTP2_INTERNAL_ERROR)
      else target.destroy()
    } catch {
      attempt(() => target.destroy(), undefined)
    }
    return 'cut'
  }

  #isUntouched(socket: Duplex): boolean {
    return (
      socket.writable &&
      this.bytesWritten === this.#bytesBefore &&
      readProperty(readProperty(socket, '_httpMessage'), 'headersSent') !== true
    )
  }
}

function isResponse(target: Target): target is ServerResponse {
  return typeof readProperty(target, 'writeHead') === 'function'
}

function isSession(target: Target): target is Http2Session {
  return typeof readProperty(target, 'goaway') === 'function'
}

function isStream(target: Target): target is Http2Stream {
  return readProperty(target, 'rstCode') !== undefined
}

function failResponse(response: ServerResponse, requestId: string): Ended {
  if (response.headersSent) {
    if (!response.writableEnded) cutResponse(response)
    return 'cut'
  }
  const { req } = response
  resetHead(response)
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  // an upgraded connection has no parser for a next request, and the body of a refused expectation may never come
  if (req.httpVersionMajor === 1 && (isUpgraded(req) || req.headers.expect !== undefined)) {
    response.shouldKeepAlive = false
    response.once('finish', () => req.socket.destroySoon())
  }
  const body = plainBody(requestId)
  response.writeHead(500, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
  })
  response.end(req.method === 'HEAD' ? undefined : body)
  return 'forced'
}

/** `upgrade` is undocumented, and the same in every supported version (`lib/_http_common.js`). */
function isUpgraded(request: object): boolean {
  return readProperty(request, 'upgrade') === true
}

function answerSocket(socket: Duplex, requestId: string): Ended {
  const body = plainBody(requestId)
  socket.on('error', () => {})
  socket.end(
    `HTTP/1.1 500 ${phraseOf(500)}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  )
  return 'forced'
}
