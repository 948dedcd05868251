import type { Internals } from '../fastify/internals.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import { Dispatch } from '../request/async-context.ts'
import { EarlyErrors } from '../request/early-errors.ts'
import { Triage } from '../triage/triage.ts'
import { Stage } from './stage.ts'

/** What the guards of one app share, made once. */
export class Guards {
  readonly app: IsolatedApp
  readonly internals: Internals
  readonly triage: Triage
  readonly early: EarlyErrors = new EarlyErrors()
  readonly dispatch: Dispatch = new Dispatch()
  /** The responses of requests that reached a route which has them to itself. */
  readonly optedOut: WeakSet<object> = new WeakSet()
  /** A handler is running. */
  readonly inHandler: Stage
  /** A hook before the handler is running. */
  readonly inHook: Stage
  /** A hook is running that makes the answer and can still change it. */
  readonly inSendHook: Stage

  constructor(app: IsolatedApp, internals: Internals) {
    this.app = app
    this.internals = internals
    this.triage = new Triage(app, internals)
    this.inHandler = new Stage('handler', this.triage)
    this.inHook = new Stage('hook', this.triage)
    this.inSendHook = new Stage('send', this.triage)
  }
}
