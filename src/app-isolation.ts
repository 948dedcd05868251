import type { IsolatedApp } from './isolated-app.ts'
import type { Isolation } from './isolation.ts'
import { badOption } from './options/bad-option.ts'
import { contextOfRequest } from './request/context-slot.ts'
import { runJob } from './request/job.ts'
import { isAbortOfRequest } from './request/signal.ts'

const NO_QUARANTINE =
  'Expected the option `quarantine` of `isolate()` where a route is to be closed: nothing refuses its requests without'

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
    quarantine: {
      list: () => app.quarantine?.list() ?? [],
      release: async (route) => (await app.quarantine?.release(route)) ?? false,
      close: async (route, reason) => {
        if (app.quarantine === undefined) throw badOption(NO_QUARANTINE)
        await app.quarantine.close(route, reason)
      },
    },
    leave: async (reason) => app.leaveControl?.leave(reason),
  }
}
