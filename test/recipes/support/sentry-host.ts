import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'

/** As much of an event as the recipe shapes. */
export interface SentryEvent {
  readonly level?: string
  readonly fingerprint?: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
  readonly extra?: Readonly<Record<string, unknown>>
  readonly message?: string
  readonly request?: { readonly url?: string }
  readonly exception?: {
    readonly values?: readonly { readonly value?: string; readonly mechanism?: { readonly type: string } }[]
  }
}

/** The server that a DSN names. */
export interface SentryHost {
  readonly dsn: string
  /** The events that it got so far, in their order. */
  readonly events: readonly SentryEvent[]
  /** How many uploads it got, and how many of them it has answered. */
  readonly uploads: { got: number; answered: number }
}

/**
 * Takes what Sentry sends: envelopes, whose lines are JSON, an item's header before each item.
 *
 * @param delay Milliseconds until it answers an upload.
 */
export async function sentryHost(t: TestContext, delay = 0): Promise<SentryHost> {
  const events: SentryEvent[] = []
  const uploads = { got: 0, answered: 0 }
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const text = String(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body)
    const [, ...lines] = text.split('\n')
    for (let index = 0; index + 1 < lines.length; index += 2) {
      if (JSON.parse(lines[index] as string).type === 'event')
        events.push(JSON.parse(lines[index + 1] as string))
    }
    uploads.got += 1
    setTimeout(() => response.end('{}', () => (uploads.answered += 1)), delay)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { dsn: `http://key@127.0.0.1:${(server.address() as AddressInfo).port}/1`, events, uploads }
}
