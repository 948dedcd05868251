import http2 from 'node:http2'
import type { TestContext } from 'node:test'
import type { Child } from './child.ts'
import { connectRaw } from './client.ts'

/** A client of one protocol. */
export interface Client {
  /** The status of the whole answer, 0 where it was cut. */
  ask(path: string): Promise<number>
  body(path: string): Promise<string>
  /** Sends a request, and leaves once `until` resolves. */
  leave(path: string, until: () => Promise<unknown>): Promise<void>
}

function client1(child: Child): Client {
  const ask = (path: string) => child.ask(path)
  return {
    ask: async (path) => {
      const { status, error } = await ask(path)
      return error === undefined ? status : 0
    },
    body: async (path) => (await ask(path)).body,
    async leave(path, until) {
      const { socket } = await connectRaw(child.port, `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
      await until()
      socket.destroy()
    },
  }
}

function client2(child: Child, t: TestContext): Client {
  const session = http2.connect(`http://127.0.0.1:${child.port}`).on('error', () => {})
  t.after(() => session.destroy())
  const ask = async (path: string): Promise<{ status: number; body: string }> => {
    const stream = session.request({ ':path': path }).on('error', () => {})
    let status = 0
    let body = ''
    stream.on('response', (headers) => (status = headers[':status'] ?? 0))
    stream.setEncoding('utf8').on('data', (chunk) => (body += chunk))
    await new Promise<void>((resolve) => stream.on('close', () => resolve()))
    return { status: stream.rstCode === 0 ? status : 0, body }
  }
  return {
    ask: async (path) => (await ask(path)).status,
    body: async (path) => (await ask(path)).body,
    async leave(path, until) {
      const stream = session.request({ ':path': path }).on('error', () => {})
      await until()
      stream.close(http2.constants.NGHTTP2_CANCEL)
    },
  }
}

/** Connects to a fixture that is given the name as $PROTOCOL. */
export const PROTOCOLS: Readonly<Record<'http1' | 'http2', (child: Child, t: TestContext) => Client>> = {
  http1: client1,
  http2: client2,
}
