import type { FastifyReply } from 'fastify'
import { show } from '../options/bad-option.ts'

type Serializer = (body: object) => unknown

/**
 * Serializes the body of an answer to a fault by the response schema that the route has for its status.
 *
 * @throws What the serializer of the schema throws, and a TypeError where it returns neither a string nor a Buffer.
 */
export function serializeBySchema(serialize: Serializer, body: object): string | Buffer {
  const text = serialize(body)
  if (typeof text === 'string' || Buffer.isBuffer(text)) return text
  throw new TypeError(`Expected the serializer of a response schema to return a string, got ${show(text)}`)
}

/**
 * The serializer that Fastify would choose for an error (`lib/schemas.js`, `getSchemaSerializer`); undefined where the
 * route has no response schema for the status. `preSerialization` hooks and the reply serializers of the app are not
 * asked, as Fastify does not ask them for an error: an envelope of the app is made for successes.
 *
 * @param mediaType The type of the answer, by which a schema may choose.
 */
export function schemaSerializerOf(
  reply: FastifyReply,
  statusCode: number,
  mediaType: string,
): Serializer | undefined {
  const found: unknown =
    reply.getSerializationFunction(String(statusCode)) ??
    reply.getSerializationFunction('5xx') ??
    reply.getSerializationFunction('default')
  if (typeof found === 'function') return found as Serializer
  if (typeof found !== 'object' || found === null) return undefined
  const ofTypes = found as Record<string, Serializer | undefined>
  return ofTypes[mediaType] ?? ofTypes['*/*']
}
