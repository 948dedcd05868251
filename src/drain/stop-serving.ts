import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { refuseRequest, refuseUpgrade } from '../answer/refusal.ts'
import type { AwaitedRequests } from './awaited-requests.ts'

/**
 * Makes a server answer 503 to requests and upgrades, except {@link AwaitedRequests}. Replacing the app's listeners
 * covers every route, and costs nothing while the app serves.
 */
export function stopServing(server: Server, awaited: AwaitedRequests): void {
  for (const event of ['request', 'checkContinue', 'checkExpectation']) {
    const own = server.rawListeners(event)
    replaceListeners(server, event, (request: IncomingMessage, response: ServerResponse) => {
      if (!awaited.admit(request)) {
        refuseRequest(request, response)
        return
      }
      announceClose(response)
      for (const listener of own) listener.call(server, request, response)
    })
  }
  replaceListeners(server, 'upgrade', refuseUpgrade)
  replaceListeners(server, 'connect', refuseUpgrade)
}

/** Makes a response close its connection, unless the response has started. */
export function announceClose(response: ServerResponse | { headersSent: boolean }): void {
  if (!response.headersSent) (response as ServerResponse).shouldKeepAlive = false
}

function replaceListeners(
  server: Server,
  event: string,
  listener:
    | ((request: IncomingMessage, response: ServerResponse) => void)
    | ((request: IncomingMessage, socket: Socket) => void),
): void {
  // Without a listener Node has a default behaviour, which a listener would switch off.
  if (server.listenerCount(event) === 0) return
  server.removeAllListeners(event)
  server.on(event, listener as (...args: unknown[]) => void)
}
