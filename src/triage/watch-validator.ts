import type { Validator } from '../fastify/compiled-route.ts'
import { isThenable } from '../is-thenable.ts'
import { rememberRejected } from './fastify-status.ts'

/**
 * Watches a validator that may be asynchronous: what its promise rejects with comes from Fastify with a 400. The
 * validators that Ajv makes of synchronous schemas stay as they are.
 */
export function watchValidator(validator: Validator): Validator {
  if (typeof validator !== 'function') return validator
  const { schemaEnv, $async } = validator as { schemaEnv?: unknown; $async?: unknown }
  if (schemaEnv && !$async) return validator
  // Fastify, and whoever asks for it, reads properties of the validator, such as its last `errors`
  return new Proxy(validator, { apply: callValidator })
}

function callValidator(validator: Validator, self: unknown, args: unknown[]): unknown {
  const result = Reflect.apply(validator, self, args)
  // Fastify calls `then` on it next, and so must get the very same one
  if (isThenable(result)) result.then(undefined, rememberRejected)
  return result
}
