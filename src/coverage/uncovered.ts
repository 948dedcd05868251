import type { FastifyInstance } from 'fastify'
import type { RouteContext } from '../fastify/compiled-route.ts'
import { ownProperty } from '../fault/thrown.ts'

/** Whether something belongs to an instance or to a child of it. */
export function isWithin(app: FastifyInstance, server: FastifyInstance): boolean {
  return server === app || Object.prototype.isPrototypeOf.call(app, server)
}

/** Whether the route is in the scope of another registration, which checks it by itself, or opts out. */
export function isCoveredElsewhere(context: RouteContext): boolean {
  return (
    ownProperty(context.config, 'isolate') === false ||
    context.onRequest?.some((hook) => (hook as { name?: string }).name === 'enterIsolation') === true
  )
}

/** The error that names the routes which nobody covers. */
export function uncoveredError(routes: string[]): Error {
  const shown = routes.slice(0, 20).join(', ')
  const more = routes.length > 20 ? ` and ${routes.length - 20} more` : ''
  return new Error(
    `isolate() does not cover these routes: ${shown}${more}. They lie outside of the instance that it was ` +
      'registered on. Register it on the root instance, or opt them out with `config: { isolate: false }`.',
  )
}
