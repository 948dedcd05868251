import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers'
import type { ListenAddress } from '../deaths/state.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import { leave } from '../leave/leave.ts'
import { logWarning } from '../log/log.ts'
import { ParkedServer, type ServerKind } from './parked-server.ts'

/** The signals that end a process which only waits. */
const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/** How an app is held. */
export interface HoldOptions {
  /** Milliseconds. */
  readonly wait: number
  /** Where its requests are answered meanwhile; undefined where nothing is answered. */
  readonly parked: { readonly kind: ServerKind; readonly addresses: readonly ListenAddress[] } | undefined
  /** The path of the liveness probe, where there is one. */
  readonly liveness: string | undefined
  /** Milliseconds between two calls of `say`. */
  readonly sayEvery: number
  /** Writes a line that says why, and in how many seconds it is tried again. */
  readonly say: (seconds: number) => void
  /** Called where a signal ends the process meanwhile. */
  readonly stopped: (signal: NodeJS.Signals) => void
}

/** Waits before an app boots on. A signal that comes meanwhile makes the process leave. Never rejects. */
export async function hold(app: IsolatedApp, options: HoldOptions): Promise<void> {
  const { wait, parked, liveness, say, sayEvery, stopped } = options
  const endsAt = Date.now() + wait
  const secondsLeft = (): number => Math.max(1, Math.ceil((endsAt - Date.now()) / 1_000))
  const onSignal = (signal: NodeJS.Signals): void => {
    stopped(signal)
    void leave('signal', undefined, { note: signal })
  }
  for (const signal of SIGNALS) process.on(signal, onSignal)
  const lines = setInterval(() => say(secondsLeft()), sayEvery)
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, wait)
  })
  const server = parked && new ParkedServer(parked.kind, liveness, secondsLeft)
  for (const address of parked?.addresses ?? []) {
    await server?.listen(address).catch((error) => {
      logWarning(app.fastify.log, error, 'the parked app cannot listen: its clients are refused')
    })
  }
  say(secondsLeft())
  await over
  clearTimeout(timer)
  clearInterval(lines)
  await server?.close()
  for (const signal of SIGNALS) process.off(signal, onSignal)
}
