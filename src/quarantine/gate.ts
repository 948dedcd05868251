import { answerRefused } from '../answer/refusal.ts'
import type { RecorderControl } from '../deaths/recorder-control.ts'
import { routeKey } from '../deaths/route-key.ts'
import type { RouteState } from '../deaths/route-state.ts'
import { ignoreRejection } from '../ignore-rejection.ts'
import type { RequestContext, RouteGate } from '../request/context.ts'
import type { RouteQuarantine } from './quarantine.ts'
import { afterGoodTrial, isClosed, isHalfOpen, onTrial, withoutTrial } from './transitions.ts'
import type { TurnedAway } from './turned-away.ts'

/** Milliseconds that a process has to survive an answer: what a request started may kill after it. */
const SURVIVAL = 1_000
/** Milliseconds after which other processes take a trial for lost. */
const LONGEST_TRIAL = 300_000
/** Milliseconds after which a trial ends whose request stays: a slow client would keep all closed routes from theirs. */
const PATIENCE = 60_000
/** Seconds after which a request may come again while the route is tried. */
const SOON = 1

/** What a gate knows of the process. */
export interface GateParts {
  readonly quarantine: RouteQuarantine
  readonly turnedAway: TurnedAway
  /** As `Death.id`: this process. */
  readonly lifeId: string
  /** Undefined where nothing is recorded. */
  readonly recorder: RecorderControl | undefined
  /** Whether the process leaves. */
  readonly isLeaving: () => boolean
}

/** One request that is let through. */
interface Trial {
  readonly route: string
}

/** Refuses the requests of closed routes, and lets one at a time through where one is half open. */
export class Gate implements RouteGate {
  readonly #parts: GateParts
  /** What is on trial in this process: one at a time, since the recorder can name one. */
  #trial: Trial | undefined

  constructor(parts: GateParts) {
    this.#parts = parts
  }

  pass(context: RequestContext, goOn: () => void): void {
    const route = routeKey(context.snapshot().method, context.route.pattern)
    const state = this.#parts.quarantine.closedState(route)
    if (state === undefined) goOn()
    else if (!this.#mayTry(state)) this.#refuse(route, context, state)
    else {
      const trial: Trial = { route }
      this.#trial = trial
      const begun = this.#begin(route).then((isOn) => {
        if (!isOn) this.#letGo(trial)
        if (context.done) return isOn ? this.#end(trial, false) : undefined
        if (!isOn) return this.#refuse(route, context, state)
        const raw = context.reply?.raw
        // an answer that has begun and goes on, such as a stream of events, has not killed for a minute
        const patience = this.#endAfter(PATIENCE, trial, () => raw?.headersSent === true)
        raw?.once('close', () => {
          clearTimeout(patience)
          // a client that did not wait for the answer has not seen what it would have done
          this.#endAfter(SURVIVAL, trial, () => raw.writableEnded)
        })
        // out of the promise: what the route throws is not this one's
        process.nextTick(goOn)
        return undefined
      })
      ignoreRejection(begun, () => {
        this.#letGo(trial)
        this.#refuse(route, context, state)
      })
    }
  }

  #mayTry(state: RouteState): boolean {
    return this.#trial === undefined && !this.#parts.isLeaving() && isFree(state)
  }

  #refuse(route: string, context: RequestContext, state: RouteState): undefined {
    this.#parts.turnedAway.add(route)
    const now = Date.now()
    const left = isHalfOpen(state, now) ? 0 : (state.until ?? now + LONGEST_TRIAL) - now
    answerRefused(context, Math.max(SOON, Math.ceil(left / 1_000)))
  }

  /** Takes the trial from all other processes, and writes down that it begins. */
  async #begin(route: string): Promise<boolean> {
    const { quarantine, lifeId, recorder } = this.#parts
    const isTaken = await quarantine.change(route, (state) =>
      state !== undefined && isFree(state) ? onTrial(state, lifeId, Date.now() + LONGEST_TRIAL) : undefined,
    )
    if (!isTaken || recorder?.markTrial(route) !== false) return isTaken
    // without the mark a death on trial would have to be guessed
    await this.giveBack()
    return false
  }

  #endAfter(milliseconds: number, trial: Trial, isGood: () => boolean): NodeJS.Timeout {
    return setTimeout(() => ignoreRejection(this.#end(trial, isGood())), milliseconds).unref()
  }

  async #end(trial: Trial, isGood: boolean): Promise<void> {
    const { route } = trial
    const { quarantine, lifeId, recorder, isLeaving } = this.#parts
    // a process that dies of it has not passed it, and one that leaves for another reason ends it itself
    if (isLeaving() || this.#trial !== trial) return
    recorder?.clearTrial()
    try {
      await quarantine.change(route, (state) => {
        if (state?.trial?.by !== lifeId) return undefined
        return isGood ? afterGoodTrial(state, Date.now()) : withoutTrial(state)
      })
    } finally {
      this.#letGo(trial)
    }
  }

  #letGo(trial: Trial): void {
    if (this.#trial === trial) this.#trial = undefined
  }

  /** Gives a trial back that this process cannot end. Never rejects. */
  async giveBack(): Promise<void> {
    const route = this.#trial?.route
    if (route === undefined) return
    const { quarantine, lifeId } = this.#parts
    await quarantine.change(route, (state) => (state?.trial?.by === lifeId ? withoutTrial(state) : undefined))
  }
}

/** Whether a route may be tried now, and no process does. */
function isFree(state: RouteState): boolean {
  const now = Date.now()
  const left = (state.trial?.until ?? 0) - now
  // more than a trial takes was written by a clock that was wrong
  return isClosed(state) && isHalfOpen(state, now) && (left < 0 || left > 2 * LONGEST_TRIAL)
}
