import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import zlib from 'node:zlib'
import WebSocket from 'ws'
import type { Sent } from './way.ts'

/** Milliseconds that a hostile client waits for its answers before it leaves. */
const PATIENCE = 1_000
/** Milliseconds after which it leaves though something comes. */
const LONGEST = 2_000
/** Requests that it pipelines on one connection. */
const PIPELINED = 5
/** Connections that it holds at a time. */
const CONNECTIONS = 10

function bytesOf(
  { method = 'GET', path = '/bug', headers = {}, body = '', raw }: Sent,
  isLast: boolean,
): string {
  if (raw !== undefined) return raw
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const length = method === 'GET' ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`
  const close = isLast ? 'connection: close\r\n' : ''
  return `${method} ${path} HTTP/1.1\r\nhost: x\r\n${close}${lines.join('')}${length}\r\n${body}`
}

/** Sends bytes, reads what comes, and leaves when nothing comes any more. */
function hitAndRun(port: number, bytes: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    const timer = setTimeout(() => socket.destroy(), LONGEST)
    socket.setTimeout(PATIENCE, () => socket.destroy())
    socket
      .on('error', () => {})
      .on('close', () => {
        clearTimeout(timer)
        resolve()
      })
    socket.resume().write(bytes)
  })
}

/** Sends requests, pipelined and on many connections, from clients that leave when they have waited a little. */
export async function flood(port: number, sent: readonly Sent[], times: number): Promise<void> {
  let begun = 0
  const next = (): string => {
    const texts: string[] = []
    while (texts.length < PIPELINED && begun < times) {
      const one = sent[begun % sent.length] as Sent
      begun += 1
      texts.push(bytesOf(one, texts.length === PIPELINED - 1))
    }
    return texts.join('')
  }
  const client = async (): Promise<void> => {
    while (begun < times) await hitAndRun(port, next())
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, client))
}

/** Sends a body that is a thousand times as long when it is unpacked. */
export async function bomb(port: number): Promise<void> {
  const body = zlib.gzipSync(Buffer.alloc(2 ** 29), { level: 9 })
  const headers = { 'content-type': 'application/gzip', 'content-length': String(body.length) }
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      const request = http.request({ port, path: '/bug', method: 'POST', headers, agent: false })
      request
        .on('response', (response) => response.resume())
        .on('error', () => {})
        .on('close', resolve)
      request.setTimeout(PATIENCE, () => request.destroy())
      request.end(body)
    })
  await Promise.all(Array.from({ length: 10 }, once))
}

/** Holds connections until the server has no descriptors, and sends requests on some of them. */
export async function holdConnections(port: number): Promise<void> {
  const sockets = Array.from({ length: 1500 }, () =>
    net
      .connect(port, '127.0.0.1')
      .on('error', () => {})
      .resume(),
  )
  await sleep(500)
  for (const socket of sockets.slice(0, 200)) socket.write('GET /bug HTTP/1.1\r\nhost: x\r\n\r\n')
  await sleep(1500)
  for (const socket of sockets) socket.destroy()
}

/** Lets an error escape, then fails more requests than all others ask for. */
export async function makeSick(port: number): Promise<void> {
  await flood(port, [{ path: '/fails' }], 400)
  await flood(port, [{ path: '/bug' }], 10)
  for (let second = 0; second < 14; second += 1) {
    await flood(port, [{ path: '/fails?bad' }], 100)
    await sleep(900)
  }
}

/** Opens streams of HTTP/2 and resets them at once. */
export async function resetStreams(port: number): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const session = http2.connect(`http://127.0.0.1:${port}`)
    session.on('error', () => {})
    for (let n = 0; n < 200 && !session.destroyed; n += 1) {
      const stream = session.request({ ':path': '/bug' })
      stream.on('error', () => {}).close(http2.constants.NGHTTP2_CANCEL)
    }
    await sleep(50)
    session.destroy()
  }
}

/** Opens WebSockets and sends what is no JSON. */
export async function sendMessages(port: number): Promise<void> {
  const once = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/bug`)
      socket.on('open', () => {
        for (let n = 0; n < 10; n += 1) socket.send('{')
        setTimeout(() => socket.terminate(), 50)
      })
      socket.on('error', () => {}).on('close', () => resolve())
    })
  for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 10 }, once))
}

/** Sends bodies of every depth at which a recursion may end at any of the last frames of the stack. */
export async function sweepDepths(port: number, path: string): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 4 })
  const ask = (depth: number): Promise<number> =>
    new Promise((resolve) => {
      const request = http.get({ port, path: `${path}?n=${depth}`, agent, timeout: PATIENCE }, (response) => {
        response
          .resume()
          .on('end', () => resolve(response.statusCode ?? 0))
          .on('error', () => resolve(0))
      })
      request.on('timeout', () => request.destroy()).on('error', () => resolve(0))
    })
  let low = 100
  let high = 200_000
  while (high - low > 8) {
    const middle = Math.floor((low + high) / 2)
    if ((await ask(middle)) === 200) low = middle
    else high = middle
  }
  for (let depth = low - 400; depth < low + 40; depth += 1) await ask(depth)
  agent.destroy()
}
