import type { IsolatedApp } from './isolated-app.ts'
import type { Isolation } from './isolation.ts'
import { contextOfRequest } from './request/context-slot.ts'
import { runJob } from './request/job.ts'
import { isAbortOfRequest } from './request/signal.ts'

/** Creates `app.isolation`. */
export function isolationOf(app: IsolatedApp): Isolation {
  return {
    get state() {
      return app.state
    },
    get counts() {
      return app.ledger.counts
    },
    get recycleDue() {
      return app.leaveControl?.recycleDue
    },
    report: (error, request) => {
      const context = contextOfRequest(request)
      const attributedTo = request === undefined ? 'none' : 'call'
      return (
        app.faultOf(error, context) ?? app.recordFault({ error, origin: 'handler', attributedTo, context })
      )
    },
    job: (name, fn) =>
      runJob(app, name, fn, (error) =>
        isAbortOfRequest(error)
          ? undefined
          : app.recordFault({ error, origin: 'job', attributedTo: 'call', context: undefined, job: name }),
      ),
    leave: async (reason) => app.leaveControl?.leave(reason),
  }
}
