import type { Internals } from '../fastify/internals.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import { Dispatch } from '../request/async-context.ts'
import { EarlyErrors } from '../request/early-errors.ts'
import { Triage } from '../triage/triage.ts'
import { Stage } from './stage.ts'

/** What all guards of one app share. */
export class Guards {
  readonly app: IsolatedApp
  readonly internals: Internals
  readonly triage: Triage
  readonly early: EarlyErrors = new EarlyErrors()
  readonly dispatch: Dispatch = new Dispatch()
  /** The raw responses of requests whose route the plugin does not guard. */
  readonly optedOut: WeakSet<object> = new WeakSet()
  /** For the errors of handlers. */
  readonly inHandler: Stage
  /** For the errors of hooks before the handler. */
  readonly inHook: Stage
  /** For the errors of hooks that run middleware of Express. */
  readonly inMiddleware: Stage
  /** For the errors of hooks that run while the answer is made and can still change it. */
  readonly inSendHook: Stage

  constructor(app: IsolatedApp, internals: Internals) {
    this.app = app
    this.internals = internals
    this.triage = new Triage(app, internals)
    this.inHandler = new Stage('handler', this.triage)
    this.inHook = new Stage('hook', this.triage)
    this.inMiddleware = new Stage('middleware', this.triage)
    this.inSendHook = new Stage('send', this.triage)
  }
}
