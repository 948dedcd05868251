import { actBare, type Seen } from './node-default.ts'
import { isThrownByTick, runLeftTicks } from './pending-ticks.ts'

/** An error that nobody caught, as Node reported it to the process. */
export interface Escape {
  /** What was thrown or rejected with, by identity. */
  readonly error: unknown
  readonly origin: 'exception' | 'rejection'
  /** The promise of a rejection, to recognise it when it is handled late. Undefined in Node's strict mode. */
  readonly promise: Promise<unknown> | undefined
}

/**
 * What a keeper says of an escape: it is `taken`; it is `declined`, that is, the code it came from asked to be
 * left to bare Node; or it is `unknown` to this keeper.
 */
export type Claim = 'taken' | 'declined' | 'unknown'

/**
 * A member of the guard: one registered instance of the plugin. The guard knows nothing of requests, it offers
 * each escape to its members. A method that throws counts as `unknown` or nothing; it never ends the process.
 */
export interface Keeper {
  /** Whether this member's server accepts connections: an escape without a request goes to such a one first. */
  serving(): boolean
  /** The number of its requests in flight. */
  inFlight(): number
  /** Takes the escape if it certainly belongs to one of its requests. Called while Node's context still stands. */
  claim(escaped: Escape): Claim
  /** Takes the escape for its only request in flight, which is the only one in the process. */
  claimSole(escaped: Escape): Claim
  /** Takes an escape that belongs to no request. */
  adopt(escaped: Escape): Claim
  /** A rejection was handled after it had been reported. True when this member had taken it. */
  handledLate(promise: Promise<unknown>): boolean
  /** Drops the asynchronous context that the thrown callback may have left behind as the current one. */
  leaveContext(): void
}

/**
 * What all copies of the package in one process share. The listeners are those of the copy that came first;
 * they reach every member through this object, so its shape is a contract between versions.
 */
interface Guard {
  readonly version: 1
  /** In the order of joining. */
  readonly members: Keeper[]
  /** Takes the listeners away. */
  deafen(): void
}

const kGuard = Symbol.for('fastify-isolate.guard')
const shared = globalThis as { [kGuard]?: Guard }

/**
 * Adds a member. The process listeners stand from the first member's joining until the last one's parting.
 */
export function join(member: Keeper): void {
  const guard = shared[kGuard]
  if (guard === undefined) shared[kGuard] = stand(member)
  else if (!guard.members.includes(member)) guard.members.push(member)
}

/** Removes a member. Parting twice does nothing. */
export function part(member: Keeper): void {
  const guard = shared[kGuard]
  const index = guard?.members.indexOf(member) ?? -1
  if (guard === undefined || index === -1) return
  guard.members.splice(index, 1)
  if (guard.members.length > 0) return
  guard.deafen()
  delete shared[kGuard]
}

/** Whether a listener of the process's events is the guard's own, from whichever copy of the package. */
export function isGuards(listener: unknown): boolean {
  return typeof listener === 'function' && kGuard in listener
}

function stand(first: Keeper): Guard {
  const members: Keeper[] = []
  let strictlySeen = false

  function onException(error: unknown, nodesOrigin: string): void {
    // Only `--unhandled-rejections=strict` brings a rejection here while we listen for rejections; it then
    // emits `unhandledRejection` too, at once, for the same promise.
    strictlySeen = nodesOrigin === 'unhandledRejection'
    const origin = strictlySeen ? 'rejection' : 'exception'
    const leavesTicks = attempt(isThrownByTick, false)
    meet({ error, origin, promise: undefined }, 'uncaughtException')
    if (leavesTicks) attempt(runLeftTicks, undefined)
  }

  function onRejection(error: unknown, promise: Promise<unknown>): void {
    if (strictlySeen) strictlySeen = false
    else meet({ error, origin: 'rejection', promise }, 'unhandledRejection')
  }

  function onHandledLate(promise: Promise<unknown>): void {
    for (const member of [...members]) if (attempt(() => member.handledLate(promise), false)) return
  }

  /** Nothing leaves this function: a throw inside a listener of `uncaughtException` is Node's exit code 7. */
  function meet(escaped: Escape, event: Seen): void {
    const claim = attempt(() => offer(members, escaped), 'unknown')
    for (const member of [...members]) attempt(() => member.leaveContext(), undefined)
    if (claim !== 'taken') attempt(() => actBare(escaped.error, event, isGuards, deafen, listen), undefined)
  }

  const listeners = [
    ['uncaughtException', onException],
    ['unhandledRejection', onRejection],
    ['rejectionHandled', onHandledLate],
  ] as const
  for (const [, listener] of listeners) Object.defineProperty(listener, kGuard, { value: true })

  function listen(): void {
    if (members.length === 0) return
    deafen()
    for (const [event, listener] of listeners) process.on(event as 'exit', listener as NodeJS.ExitListener)
  }

  function deafen(): void {
    for (const [event, listener] of listeners) process.removeListener(event, listener)
  }

  members.push(first)
  listen()
  return { version: 1, members, deafen }
}

/** First whoever owns it, then the only request there is, then the oldest member that serves. */
function offer(members: readonly Keeper[], escaped: Escape): Claim {
  const present = [...members]
  for (const member of present) {
    const claim = attempt(() => member.claim(escaped), 'unknown')
    if (claim !== 'unknown') return claim
  }
  let sole: Keeper | undefined
  let inFlight = 0
  for (const member of present) {
    const own = attempt(() => member.inFlight(), 0)
    inFlight += own
    if (own > 0) sole = member
  }
  if (sole !== undefined && inFlight === 1) {
    const owner = sole
    if (attempt(() => owner.claimSole(escaped), 'unknown') === 'taken') return 'taken'
  }
  const serving = present.filter((member) => attempt(() => member.serving(), false))
  for (const member of new Set([...serving, ...present])) {
    if (attempt(() => member.adopt(escaped), 'unknown') === 'taken') return 'taken'
  }
  return 'unknown'
}

function attempt<T>(action: () => T, otherwise: T): T {
  try {
    return action()
  } catch {
    return otherwise
  }
}
