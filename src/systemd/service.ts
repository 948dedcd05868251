import { setInterval } from 'node:timers'
import { isMainThread } from 'node:worker_threads'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { attempt } from '../attempt.ts'
import { logWarning } from '../log/log.ts'
import { canNotify, Notifier } from './notifier.ts'

/** Milliseconds by which each message puts off the end that systemd makes of a process that stops. */
const EXTENSION = 6_000
/** Milliseconds from one such message to the next. */
const EXTEND_EVERY = 2_000

/** Undefined where systemd does not wait for messages, and until an app listens. */
let notifier: Notifier | undefined

/**
 * Tells systemd, where it waits for messages of this process (`NOTIFY_SOCKET`), that the app listens, and from then on
 * that the event loop turns. Called when the plugin loads.
 */
export function tellOfApp(fastify: FastifyInstance): void {
  if (!process.env.NOTIFY_SOCKET) return
  fastify.addHook('onReady', (done) => {
    if (!canNotify()) warnOfLoss(fastify.log)
    done()
  })
  fastify.addHook('onListen', (done) => {
    if (notifier === undefined && canNotify()) tellReady(fastify.log)
    done()
  })
}

/**
 * Tells systemd that the process leaves, and again and again that it is not to be killed yet. Does nothing where systemd
 * was not told that the process is ready. Never throws.
 *
 * @param within Milliseconds after which the process has left in any case.
 * @returns Stops telling it.
 */
export function tellLeaving(within: number): () => void {
  const told = notifier
  if (told === undefined || !speaksForService()) return () => {}
  const end = performance.now() + within
  const extension = (): string => {
    const left = Math.max(0, Math.min(EXTENSION, end - performance.now()))
    return `EXTEND_TIMEOUT_USEC=${Math.round(left * 1_000)}`
  }
  told.send(`STOPPING=1 ${extension()}`)
  const timer = setInterval(() => told.send(extension()), EXTEND_EVERY)
  timer.unref()
  return () => clearInterval(timer)
}

function tellReady(log: FastifyBaseLogger): void {
  const told = new Notifier((error) => logWarning(log, error, LOSS))
  notifier = told
  told.send('READY=1')
  const period = watchdogPeriod()
  // The event loop itself sends it, so that nothing is sent while it is blocked.
  if (period !== undefined) setInterval(() => told.send('WATCHDOG=1'), period).unref()
}

const LOSS = 'systemd cannot be told that the app is ready, alive or leaving'

function warnOfLoss(log: FastifyBaseLogger): void {
  attempt(
    () => log.warn(`${LOSS}: NOTIFY_SOCKET is set, but there is no systemd-notify on the PATH`),
    undefined,
  )
}

/** Milliseconds between two signs of life; undefined where systemd waits for none of this process. */
function watchdogPeriod(): number | undefined {
  const { WATCHDOG_USEC, WATCHDOG_PID } = process.env
  const isMeant = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid
  const microseconds = Number(WATCHDOG_USEC)
  return isMainThread && isMeant && microseconds > 0 ? microseconds / 2_000 : undefined
}

/** Whether the service leaves when this thread does: not for a process that the one of the service has started. */
function speaksForService(): boolean {
  const { SYSTEMD_EXEC_PID } = process.env
  return isMainThread && (SYSTEMD_EXEC_PID === undefined || Number(SYSTEMD_EXEC_PID) === process.pid)
}
