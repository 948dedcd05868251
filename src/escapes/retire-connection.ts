import { answerRaw } from '../answer/raw.ts'
import type { Fault } from '../fault/fault.ts'
import { contextOf, type RequestContext } from '../request/context.ts'
import { Grace } from './grace.ts'

/**
 * Node's HTTP/1 parser never goes on after an exception has passed it, and it has one on its stack whenever it
 * hands out a body: to `data` listeners, and to the ticks that are due. The rest of that body would never come,
 * and the next request on the connection would get a 400 for it. Nothing tells that it happened but a body that
 * does not end. So a connection whose body was under way is not used again.
 *
 * With pipelined requests the body may be that of a later request than the one whose bug it is. That one is
 * answered 500 too, unless more of its body comes within its grace.
 *
 * @param context The request that the exception escaped from.
 */
export function retireConnection(context: RequestContext, fault: Fault): void {
  const raw = context.request?.raw
  if (raw === undefined || raw.httpVersionMajor !== 1 || raw.socket === null) return
  const { socket } = raw
  const reading = contextOf(socket) ?? context
  const { request, reply } = reading
  if (request === undefined || reply === undefined || request.raw.complete) return
  // what the parser has been given is parsed by then
  setImmediate(() => {
    if (request.raw.complete || socket.destroyed) return
    const response = reply.raw
    if (!response.headersSent) response.shouldKeepAlive = false
    else if (response.writableFinished) socket.destroySoon()
    else response.once('finish', () => socket.destroySoon())
    if (reading === context) return
    const { bytesRead } = socket
    Grace.give(reading, fault, () => {
      if (!request.raw.complete && socket.bytesRead === bytesRead) answerRaw(reply)
    })
  })
}
