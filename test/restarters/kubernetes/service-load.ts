import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { eventually } from '../support/eventually.ts'
import { Load, type Sent } from '../support/load.ts'
import { type Namespace, PATIENCE } from './namespace.ts'

/** The port of the Service and of the app. */
export const PORT = 3000

/**
 * The clients. One alone would come to use a port again while the kernel still remembers to which pod that belonged,
 * which may be gone: two minutes.
 */
const CLIENTS: readonly string[] = Array.from({ length: 100 }, (_, i) => `10.99.0.${i + 1}`)

let addressed: Promise<void> | undefined

/** A load through the Service. */
export interface ServiceLoad {
  readonly load: Load
  /** Resolves when so many processes have answered through the Service since the load began. */
  untilAllAnswer(processes: number): Promise<void>
}

/** A load from the node and many addresses. */
export async function loadOn(space: Namespace, options: { keepAlive: boolean }): Promise<ServiceLoad> {
  addressed ??= addAddresses()
  await addressed
  const host = await space.serviceAddress()
  const load = new Load(PORT, { ...options, host, from: CLIENTS })
  space.atEnd(() => load.end())
  /** By their starts. */
  const seen = new Set<number>()
  const untilAllAnswer = (processes: number) =>
    eventually(`${processes} processes to answer`, PATIENCE, async () => {
      for (const { startedAt } of load.sent) if (startedAt !== undefined) seen.add(startedAt)
      // A load on kept connections may never meet a new process: those who come anew do.
      const { startedAt } = (await (await fetchFrom(host, '/ok')).json()) as { startedAt: number }
      return seen.add(startedAt).size >= processes
    })
  return { load, untilAllAnswer: async (processes) => void (await untilAllAnswer(processes)) }
}

async function addAddresses(): Promise<void> {
  const ip = spawn('ip', ['-batch', '-'], { stdio: ['pipe', 'inherit', 'inherit'] })
  ip.stdin.end(CLIENTS.map((client) => `address replace ${client}/32 dev lo\n`).join(''))
  const [code] = await once(ip, 'exit')
  if (code !== 0) throw new Error(`no addresses for the clients: ip ended with ${code}`)
}

export function lostOf(sent: readonly Sent[]): Sent[] {
  return sent.filter(({ status }) => status !== 200)
}

/** Sends one request to one pod, and resolves with the status of its answer. */
export async function ask(host: string, path: string): Promise<number> {
  const response = await fetchFrom(host, path)
  await response.text()
  return response.status
}

function fetchFrom(host: string, path: string): Promise<Response> {
  return fetch(`http://${host}:${PORT}${path}`, { headers: { connection: 'close' } })
}

export function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`
}
