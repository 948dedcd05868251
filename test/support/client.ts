import http from 'node:http'
import net from 'node:net'
import { WAIT_TIMEOUT } from './timeouts.ts'

export interface AskOptions {
  method?: string
  headers?: Record<string, string>
  body?: string
  /** A keep-alive agent, to send several requests on one connection. Default: a connection of its own. */
  agent?: http.Agent
  host?: string
  /** Milliseconds until the client gives up. Default: {@link WAIT_TIMEOUT}. */
  timeout?: number
}

export interface Answer {
  /** 0 without an answer. */
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
  /** The code of the error that ended the connection, before or within the answer; undefined for a whole answer. */
  readonly error: string | undefined
  /** Milliseconds until the end of the answer. */
  readonly ms: number
}

/** Sends one HTTP/1.1 request. Never rejects. */
export function ask(port: number, path: string, options: AskOptions = {}): Promise<Answer> {
  const start = performance.now()
  return new Promise((resolve) => {
    let response: http.IncomingMessage | undefined
    let body = ''
    const finish = (error?: NodeJS.ErrnoException) => {
      resolve({
        status: response?.statusCode ?? 0,
        headers: response?.headers ?? {},
        body,
        error: error === undefined ? undefined : (error.code ?? error.message),
        ms: performance.now() - start,
      })
    }
    const request = http.request(
      {
        host: options.host ?? '127.0.0.1',
        port,
        path,
        method: options.method ?? 'GET',
        headers: options.headers ?? {},
        agent: options.agent ?? false,
        timeout: options.timeout ?? WAIT_TIMEOUT,
      },
      (incoming) => {
        response = incoming
        incoming.setEncoding('utf8')
        incoming.on('data', (chunk: string) => {
          body += chunk
        })
        incoming.on('end', () => finish())
        incoming.on('error', finish)
      },
    )
    request.on('timeout', () => request.destroy(new Error('client timeout')))
    request.on('error', finish)
    request.end(options.body)
  })
}

/** A raw TCP connection that keeps what it received. */
export interface RawConnection {
  readonly socket: net.Socket
  received(): string
  /** Resolves once the connection is closed. */
  readonly closed: Promise<void>
}

/** Opens a raw TCP connection and sends `bytes`. */
export async function connectRaw(port: number, bytes = '', host = '127.0.0.1'): Promise<RawConnection> {
  const socket = net.connect(port, host)
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  const closed = new Promise<void>((resolve) => {
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  if (bytes !== '') socket.write(bytes)
  return { socket, received: () => text, closed }
}
