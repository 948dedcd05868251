import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Fault } from '../fault/fault.ts'

/** What the channel `fastify-isolate:fault` publishes. */
export interface FaultMessage {
  readonly fault: Fault
  /** The request, undefined where there is none or it has finished. */
  readonly request: FastifyRequest | undefined
  /** Its reply. */
  readonly reply: FastifyReply | undefined
}
