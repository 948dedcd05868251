export { FatalError } from './fault/fatal-error.ts'
export type { Attribution, Fault, FaultRequest, Origin, Verdict } from './fault/fault.ts'
export type { FaultCounts } from './fault/ledger.ts'
export { type Isolate, isolate, isolate as default } from './isolate.ts'
export type { IsolationState } from './isolated-app.ts'
export type { Isolation } from './isolation.ts'
export type { FaultMessage } from './log/on-fault.ts'
export type {
  Answer,
  Classify,
  ErrorHandler,
  ExitCodes,
  IsExpected,
  IsolateOptions,
  LeaveOptions,
  RouteIsolateOptions,
} from './options/options.ts'
export type { CrashReport, LeaveReason } from './report/report.ts'
