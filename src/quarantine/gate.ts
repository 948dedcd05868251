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

/** Refuses the requests of closed routes, and lets one at a time through where one is half open. */
export class Gate implements RouteGate {
  readonly #parts: GateParts
  /** The route that is on trial in this process. There is one at a time, because the recorder's file has room for one. */
  #onTrial: string | undefined

  constructor(parts: GateParts) {
    this.#parts = parts
  }

  pass(context: RequestContext, goOn: () => void): void {
    const route = routeKey(context.snapshot().method, context.route.pattern)
    const state = this.#parts.quarantine.closedState(route)
    if (state === undefined) goOn()
    else if (!this.#mayTry(state)) this.#refuse(route, context, state)
    else {
      this.#onTrial = route
      const begun = this.#begin(route).then((isOn) => {
        if (!isOn) this.#onTrial = undefined
        if (context.done) return isOn ? this.#end(route, false) : undefined
        if (!isOn) return this.#refuse(route, context, state)
        // where the client left before the answer was whole, the trial is not good
        const raw = context.reply?.raw
        raw?.once('close', () => this.#survive(route, raw.writableEnded))
        // outside of the promise, which must not catch what the route throws
        process.nextTick(goOn)
        return undefined
      })
      ignoreRejection(begun, () => this.#refuse(route, context, state))
    }
  }

  #mayTry(state: RouteState): boolean {
    return this.#onTrial === undefined && !this.#parts.isLeaving() && isFree(state)
  }

  #refuse(route: string, context: RequestContext, { until }: RouteState): undefined {
    this.#parts.turnedAway.add(route)
    const left = (until ?? Date.now() + LONGEST_TRIAL) - Date.now()
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

  #survive(route: string, isGood: boolean): void {
    setTimeout(() => ignoreRejection(this.#end(route, isGood)), SURVIVAL).unref()
  }

  async #end(route: string, isGood: boolean): Promise<void> {
    const { quarantine, lifeId, recorder, isLeaving } = this.#parts
    // a process that leaves may die of the trial; where it leaves for another reason `giveBack` ends the trial
    if (isLeaving() || this.#onTrial !== route) return
    recorder?.clearTrial()
    await quarantine.change(route, (state) => {
      if (state?.trial?.by !== lifeId) return undefined
      return isGood ? afterGoodTrial(state, Date.now()) : withoutTrial(state)
    })
    this.#onTrial = undefined
  }

  /** Gives a trial back that this process cannot end. Never rejects. */
  async giveBack(): Promise<void> {
    const route = this.#onTrial
    if (route === undefined) return
    const { quarantine, lifeId } = this.#parts
    await quarantine.change(route, (state) => (state?.trial?.by === lifeId ? withoutTrial(state) : undefined))
  }
}

/** Whether a route may be tried now, and no process does. */
function isFree(state: RouteState): boolean {
  const now = Date.now()
  return isClosed(state) && isHalfOpen(state, now) && (state.trial?.until ?? 0) < now
}
