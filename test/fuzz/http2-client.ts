import http2 from 'node:http2'
import net from 'node:net'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { WAIT_TIMEOUT } from '../support/timeouts.ts'
import type { Watcher } from './http1-client.ts'
import { type ConnectionPlan, fragmentSize, type Planned } from './plan.ts'
import type { Message } from './response-reader.ts'
import type { StreamTranscript } from './transcript.ts'

/** Milliseconds that a session may take to close once all of its streams have ended. */
const CLOSING = 5_000

/** Carries out the plan of one HTTP/2 connection. Never rejects. */
export async function runHttp2(
  plan: ConnectionPlan,
  port: number,
  watcher: Watcher = {},
): Promise<StreamTranscript[]> {
  const socket = net.connect(port, '127.0.0.1')
  const session = http2.connect(`http://127.0.0.1:${port}`, { createConnection: () => socket })
  const events: string[] = []
  session.on('error', (error: NodeJS.ErrnoException) => events.push(`error ${error.code}: ${error.message}`))
  let lastTaken: number | undefined
  session.on('goaway', (code: number, last: number) => {
    lastTaken = last
    events.push(`goaway ${code}, last stream ${last}`)
  })
  const closed = new Promise<void>((resolve) => session.on('close', () => resolve()))
  const disconnected = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  const { departure } = plan
  const leaves = departure.how === 'end' || departure.how === 'destroy'
  let hasLeft = false
  const timer = setTimeout(
    () => {
      if (departure.how === 'end') {
        // closed before it is connected, a session gives up its streams
        if (session.connecting) session.once('connect', () => session.close())
        else session.close()
      } else {
        hasLeft = true
        session.destroy()
      }
    },
    leaves ? departure.amount % 300 : 2 ** 30,
  )
  const streams: Promise<OfStream>[] = []
  for (const [batch, requests] of plan.batches.entries()) {
    if (session.closed || session.destroyed) break
    const opened = requests.map((planned, i) => runStream(session, plan, planned, batch, i, () => hasLeft))
    streams.push(...opened.map(({ transcript }) => transcript))
    await Promise.all(opened.map(({ written }) => written))
    await watcher.written?.(batch)
    if (plan.waits) await Promise.all(streams)
  }
  const transcripts = (await Promise.all(streams)).map((each) => ({ ...each, events, lastTaken }))
  clearTimeout(timer)
  session.close()
  // a session whose stream got no answer does not close by itself
  if (transcripts.some(({ end }) => end === 'silent')) session.destroy()
  // on Node 20 one may also wait for ever for a write of its own: nothing is owed to it any more
  const patience = setTimeout(() => socket.destroy(), CLOSING)
  await Promise.race([closed, disconnected])
  clearTimeout(patience)
  return transcripts
}

/** What is known of a stream without its connection. */
type OfStream = Omit<StreamTranscript, 'events' | 'lastTaken'>

function runStream(
  session: http2.ClientHttp2Session,
  plan: ConnectionPlan,
  planned: Planned,
  batch: number,
  place: number,
  hasLeft: () => boolean,
): { transcript: Promise<OfStream>; written: Promise<void> } {
  const { departure, readsAfter, readPause, pause } = plan
  const { method, path, headers, body } = planned
  const sent = { planned, batch, isWhole: body === undefined }
  let stream: http2.ClientHttp2Stream
  try {
    stream = session.request(
      { ':method': method, ':path': path, ...headers },
      { endStream: body === undefined },
    )
  } catch {
    const transcript = { plan, sent, id: 0, answer: undefined, rstCode: 0, end: 'refused' as const }
    return { transcript: Promise.resolve(transcript), written: Promise.resolve() }
  }
  let end: StreamTranscript['end'] = 'server'
  const resets = departure.how === 'reset' && place % 2 === 0 ? departure : undefined
  const leave = () => {
    if (stream.closed) return
    end = 'client'
    stream.close(http2.constants.NGHTTP2_CANCEL)
  }
  const timer = resets?.after === 'time' ? setTimeout(leave, resets.amount) : undefined
  let head: http2.IncomingHttpHeaders | undefined
  let trailers: http2.IncomingHttpHeaders = {}
  const chunks: Buffer[] = []
  let length = 0
  let hasEnded = false
  stream.setTimeout(WAIT_TIMEOUT, () => {
    end = 'silent'
    stream.close(http2.constants.NGHTTP2_CANCEL)
  })
  stream.on('response', (got) => {
    head = got
  })
  stream.on('trailers', (got) => {
    trailers = got
  })
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    length += chunk.length
    if (resets?.after === 'received' && length >= resets.amount) leave()
    if (readPause > 0) {
      stream.pause()
      setTimeout(() => stream.resume(), readPause)
    }
  })
  if (readsAfter > 0) {
    stream.pause()
    setTimeout(() => stream.resume(), readsAfter)
  }
  stream.on('end', () => {
    hasEnded = true
  })
  stream.on('error', () => {})
  const closed = new Promise<void>((resolve) => stream.on('close', () => resolve()))
  const write = async (): Promise<void> => {
    const bytes = Buffer.from(body ?? '', 'latin1')
    for (let at = 0, n = 0; at < bytes.length; n += 1) {
      const size = fragmentSize(plan, n)
      if (stream.destroyed || stream.closed || stream.writableEnded) return
      stream.write(bytes.subarray(at, at + size))
      at += size
      if (resets?.after === 'written' && at >= resets.amount) leave()
      if (at < bytes.length) await (pause > 0 ? sleep(pause) : turn())
    }
    if (body === undefined || stream.closed || stream.destroyed) return
    sent.isWhole = true
    await new Promise<void>((resolve) => {
      stream.once('close', resolve)
      stream.end(resolve)
    })
  }
  const transcript = closed.then((): OfStream => {
    clearTimeout(timer)
    if (hasLeft()) end = 'client'
    const isWhole = hasEnded && stream.rstCode === 0 && end === 'server'
    const answer = head === undefined ? undefined : messageOf(head, trailers, Buffer.concat(chunks), isWhole)
    return { plan, sent, id: stream.id ?? 0, answer, rstCode: stream.rstCode, end }
  })
  return { transcript, written: write() }
}

function messageOf(
  head: http2.IncomingHttpHeaders,
  trailers: http2.IncomingHttpHeaders,
  body: Buffer,
  isWhole: boolean,
): Message {
  return {
    status: Number(head[':status']),
    headers: entries(head),
    trailers: entries(trailers),
    body,
    framing: 'length',
    isWhole,
  }
}

function entries(headers: http2.IncomingHttpHeaders): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    Array.isArray(value) ? value.map((each) => [name, each]) : [[name, String(value)]],
  )
}
