import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { answerRaw } from '../answer/raw.ts'
import { readCode } from '../error-properties.ts'
import type { Fault } from '../fault/fault.ts'
import { logRequestFailure } from '../log/request-lines.ts'
import { isBeingParsed } from '../node-parts.ts'
import type { RequestContext } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import { Grace } from './grace.ts'
import { graceLength } from './grace-length.ts'

/** The body that was being read on a connection when an exception came. */
interface InterruptedBody {
  readonly reading: RequestContext
  readonly fault: Fault
  /** Whether Node has refused a later part of it. */
  isLost: boolean
}

const interrupted: WeakMap<object, InterruptedBody> = new WeakMap()

/**
 * Whether an error of a client's connection only follows from an exception: its parser has stopped, and refuses what
 * the client goes on to send. It is no error of the client, whose request is answered when its grace is over.
 */
export function followsFromException(error: unknown, socket: unknown): boolean {
  if (!(socket instanceof Socket) || !isParseError(error)) return false
  const body = interrupted.get(socket)
  if (body === undefined) return isOfException(error) && closeUnread(socket)
  const { reading, fault } = body
  const { request, reply } = reading
  if (request?.raw.complete) return false
  body.isLost = true
  // the fault of a job may have left it without a grace
  if (reply !== undefined) {
    Grace.give(reading, fault, graceLength(reading, 'exception'), () => answerRaw(reply))
  }
  return true
}

/**
 * Closes a connection whose parser an exception has stopped that belongs to none of its requests, behind the answer to
 * the last of them.
 */
function closeUnread(socket: Socket): true {
  const { request, reply } = contextOf(socket) ?? {}
  if (reply === undefined || reply.raw.writableFinished) socket.destroySoon()
  else closeAfter(reply.raw, socket)
  if (reply !== undefined && request?.raw.complete === false) answerRaw(reply)
  return true
}

/** Node's own name for what an exception has left behind. */
function isOfException(error: unknown): boolean {
  return readCode(error) === 'HPE_JS_EXCEPTION'
}

/** Node names them after its parser, llhttp. */
function isParseError(error: unknown): boolean {
  return String(readCode(error)).startsWith('HPE_')
}

/**
 * Closes a connection after its answer, if the exception came while the body of a request was being read. Node's
 * HTTP/1 parser stops for good when an exception passes through it: from a `data` listener, or from a tick that
 * runs after one. The rest of the body never comes, and the next request on the connection would get a 400. Node
 * does not report this; the only sign is a body that does not end.
 *
 * With pipelined requests the body may be that of a later request than the one with the bug. The later one is
 * answered 500 too, unless the parser takes more of its body within its grace.
 *
 * @param context The request that the exception escaped from.
 *
 * @param inFlight Where the one with the bug has ended, the request whose body Node is reading right now is found here.
 */
export function retireConnection(
  context: RequestContext,
  fault: Fault,
  inFlight: Iterable<RequestContext>,
): void {
  const raw = (context.done ? beingRead(inFlight) : context)?.request?.raw
  if (raw === undefined || raw.httpVersionMajor !== 1) return
  const { socket } = raw
  // a request of `inject()` has a stand-in for a socket, and no parser
  if (!(socket instanceof Socket)) return
  const reading = contextOf(socket) ?? context
  const { request, reply } = reading
  if (request === undefined || reply === undefined || request.raw.complete) return
  const before = interrupted.get(socket)
  // what is known of this body is kept: the grace of its request asks for it
  if (before?.reading === reading) return
  const body: InterruptedBody = { reading, fault, isLost: false }
  interrupted.set(socket, body)
  // by then the parser has read all that it was given
  setImmediate(() => {
    try {
      if (request.raw.complete || socket.destroyed) return
      closeAfter(reply.raw, socket)
      if (reading === context) return
      const { bytesRead } = socket
      Grace.give(reading, fault, graceLength(reading, 'exception'), () => {
        if (!request.raw.complete && (body.isLost || socket.bytesRead === bytesRead)) answerRaw(reply)
      })
    } catch (failure) {
      // as a fault of the request it would come back here, without end
      logRequestFailure(context, failure, 'the connection of a failed request could not be closed')
    }
  })
}

/** The request whose body Node's HTTP/1 parser has in its hands right now. */
function beingRead(inFlight: Iterable<RequestContext>): RequestContext | undefined {
  for (const context of inFlight) {
    const raw = context.request?.raw
    if (raw !== undefined && !raw.complete && isBeingParsed(raw.socket)) return context
  }
  return undefined
}

function closeAfter(response: ServerResponse, socket: Socket): void {
  if (!response.headersSent) response.shouldKeepAlive = false
  else if (response.writableFinished) socket.destroySoon()
  else response.once('finish', () => socket.destroySoon())
}
