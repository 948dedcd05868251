import { pino } from 'pino'
import type { LeavingApp } from '../../src/leave/leaving-app.ts'
import type { ResolvedLeaveOptions } from '../../src/options/resolved.ts'

type Line = { level: number; msg: string; err?: { message: string }; leave?: { cut?: unknown[] } }

/** Makes an app whose `leave.exit` only records the exit code, and which keeps its log. */
export function leavingApp(options: Partial<ResolvedLeaveOptions> = {}, methods: Partial<LeavingApp> = {}) {
  const lines: Line[] = []
  const codes: number[] = []
  const calls: string[] = []
  const record = (name: string) => {
    calls.push(name)
  }
  const made: LeavingApp = {
    log: pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as Line) }),
    fastifyVersion: '5',
    leave: {
      deadline: 5_000,
      drainDelay: 0,
      drainFatal: false,
      recycleAfter: 0,
      recycleSpread: 0,
      sickAfter: 0,
      signals: [],
      onLeave: undefined,
      exitCodes: { fatal: 70, recycle: 75, loop: 78 },
      reportDir: undefined,
      terminationLog: false,
      readiness: undefined,
      exit: (code) => void codes.push(code),
      ...options,
    },
    hasServed: () => true,
    fingerprints: () => [],
    inFlight: () => [],
    watchForSickness: () => record('watchForSickness'),
    startLeaving: () => record('startLeaving'),
    stopAccepting: () => record('stopAccepting'),
    drained: async () => record('drained'),
    tellOthers: async () => {},
    cut: () => {
      record('cut')
      return []
    },
    close: async () => record('close'),
    ...methods,
  }
  return { made, lines, codes, calls, messages: () => lines.map(({ msg }) => msg) }
}
