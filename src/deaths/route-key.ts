/**
 * Names a route in a state that outlives the process: `GET /users/:id`. A HEAD route is another one than its GET route.
 *
 * @param method The method of the request.
 * @param pattern The pattern of the route, undefined where no route matched.
 */
export function routeKey(method: string, pattern: string | undefined): string {
  return `${method} ${pattern ?? '404'}`
}
