import type { FastifyInstance } from 'fastify'
import { checkRoute, type RouteContext } from './compiled-route.ts'
import { missingPart } from './parts.ts'

/** A compiled route, and what it serves. */
export interface FoundRoute {
  /** All of its methods. */
  readonly method: string
  readonly path: string
  readonly context: RouteContext
}

/** The methods of a route, where a line of the printed routes ends: `/users (GET, HEAD) {"version":"2.0"}`. */
const METHODS = / \(([A-Z-]+(?:, [A-Z-]+)*)\)(?: \{.*\})?$/

function countMethods(printed: string): number {
  let count = 0
  for (const line of printed.split('\n')) count += METHODS.exec(line)?.[1]?.split(', ').length ?? 0
  return count
}

/**
 * The context of every route, in the order of the routing tree. `printRoutes()` asks its options for a
 * `buildPrettyMeta` and calls it with each route and its context: the one public call that visits them all.
 *
 * @throws Error when it printed routes which it did not visit, or when a route is not what it was.
 */
export function routesOf(app: FastifyInstance): FoundRoute[] {
  const found = new Map<RouteContext, FoundRoute>()
  let visits = 0
  const collect = (route: { method: string; path: string; store: RouteContext | null }): object => {
    const { store: context, method, path } = route
    if (context) {
      visits++
      const seen = found.get(context)
      found.set(context, { method: seen ? `${seen.method},${method}` : method, path, context })
    }
    return {}
  }
  const options = {
    includeMeta: [],
    get buildPrettyMeta() {
      return collect
    },
    set buildPrettyMeta(_ours: unknown) {},
  }
  const printed = app.printRoutes(options as unknown as Parameters<FastifyInstance['printRoutes']>[0])
  const hasRoutes = /[/*]/.test(printed) // every path begins with one of them
  if (visits < countMethods(printed) || (hasRoutes && visits === 0)) {
    throw missingPart('routeList', app.version)
  }
  for (const { context } of found.values()) checkRoute(context, app.version)
  return [...found.values()]
}
