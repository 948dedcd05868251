import { Agent, get } from 'node:http'

/** What a client got: the status and the body, or `cut` where the connection ended before the answer did. */
export interface Seen {
  readonly status: number | 'cut'
  readonly body: string
}

/** Sends one GET request and reads the whole answer. Never rejects. */
export function ask(port: number, path: string, agent: Agent): Promise<Seen> {
  return new Promise((resolve) => {
    let body = ''
    const cut = (): void => resolve({ status: 'cut', body })
    const request = get({ port, path, agent, host: '127.0.0.1' }, (response) => {
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      response.on('error', cut)
    })
    request.on('error', cut)
  })
}

/** Returns an agent with this many connections, which are kept from row to row. */
export function connections(count: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: count })
}
