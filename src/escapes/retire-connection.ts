import type { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { answerRaw } from '../answer/raw.ts'
import { readCode } from '../error-properties.ts'
import type { InFlight } from '../in-flight/in-flight.ts'
import { logRequestFailure } from '../log/request-lines.ts'
import { isBeingParsed, isParserStopped, PARSER_STOPPED } from '../node-parts.ts'
import type { RequestContext } from '../request/context.ts'
import { contextOf } from '../request/context-slot.ts'
import { Grace } from './grace.ts'
import { graceLength } from './grace-length.ts'

/**
 * How many requests an exception looks at whose own request is still in flight: with ten thousand of them to look at all
 * would cost more than the rest of a fault.
 */
const MOST_LOOKED_AT = 500

/** The request whose body was being read on a connection when an exception came. */
const interrupted: WeakMap<object, RequestContext> = new WeakMap()

/**
 * Whether an error of a client's connection only follows from an exception: its parser has stopped, and refuses what
 * the client goes on to send. It is no error of the client, whose request is answered when its grace is over.
 */
export function followsFromException(error: unknown, socket: unknown): boolean {
  if (!(socket instanceof Socket) || readCode(error) !== PARSER_STOPPED) return false
  const reading = interrupted.get(socket)
  if (reading === undefined || reading.request?.raw.complete) closeUnread(socket)
  return true
}

/**
 * Closes a connection whose parser an exception has stopped that belongs to none of its requests, behind the answer to
 * the last of them.
 */
function closeUnread(socket: Socket): void {
  const { request, reply } = contextOf(socket) ?? {}
  if (reply === undefined || reply.raw.writableFinished) socket.destroySoon()
  else closeAfter(reply.raw, socket)
  if (reply !== undefined && request?.raw.complete === false) answerRaw(reply)
}

/**
 * Closes a connection after its answer, if an exception has stopped its parser while that had the body of a request.
 * Node's HTTP/1 parser stops for good when an exception passes through it: from a `data` listener, or from a tick that
 * runs after one. The rest of the body never comes, and the next request on the connection would get a 400. Node does
 * not report this, but the parser says so when it is asked. What throws elsewhere, as in a timer, costs no body anything.
 *
 * The body may be that of another request than the one with the bug: of a later one of the connection, or of one that
 * the request with the bug has waited for. It is answered 500 too, when its grace is over.
 *
 * @param context The request that the exception escaped from.
 *
 * @param inFlight Among these the request is found whose body Node is reading right now.
 */
export function retireConnection(context: RequestContext, inFlight: InFlight): void {
  const most = context.done ? inFlight.size : MOST_LOOKED_AT
  const { raw } = (inFlight.findNewest(isBeingRead, most) ?? context).request ?? {}
  if (raw === undefined || raw.httpVersionMajor !== 1) return
  const { socket } = raw
  // a request of `inject()` has a stand-in for a socket, and no parser
  if (!(socket instanceof Socket)) return
  const reading = contextOf(socket) ?? context
  const { request, reply } = reading
  if (request === undefined || reply === undefined || request.raw.complete) return
  // the first exception is the one that may have stopped it
  if (interrupted.get(socket) === reading) return
  interrupted.set(socket, reading)
  // by then the parser is not at work
  setImmediate(() => {
    try {
      if (request.raw.complete || socket.destroyed) return
      if (!isParserStopped(socket)) {
        interrupted.delete(socket)
        return
      }
      closeAfter(reply.raw, socket)
      Grace.give(reading, graceLength(reading, 'exception'), () => answerRaw(reply))
    } catch (failure) {
      // as a fault of the request it would come back here, without end
      logRequestFailure(context, failure, 'the connection of a failed request could not be closed')
    }
  })
}

/** Whether Node's HTTP/1 parser has the body of a request in its hands right now. */
function isBeingRead({ request }: RequestContext): boolean {
  const raw = request?.raw
  return raw !== undefined && !raw.complete && isBeingParsed(raw.socket)
}

function closeAfter(response: ServerResponse, socket: Socket): void {
  if (!response.headersSent) response.shouldKeepAlive = false
  else if (response.writableFinished) socket.destroySoon()
  else response.once('finish', () => socket.destroySoon())
}
