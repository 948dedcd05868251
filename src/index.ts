export type { Death, DeathCause } from './deaths/death.ts'
export type { QuarantineStore, RouteChange, StoredState } from './deaths/quarantine-store.ts'
export type { RouteState } from './deaths/route-state.ts'
export { FatalError } from './fault/fatal-error.ts'
export type { Attribution, Fault, FaultCounts, FaultRequest, Origin, Verdict } from './fault/fault.ts'
export type { SerializedError } from './fault/serialized-error.ts'
export { type Isolate, isolate, isolate as default } from './isolate.ts'
export type {
  Isolation,
  IsolationState,
  Quarantine,
  QuarantinedRoute,
  QuarantineEvent,
  RequestIsolation,
} from './isolation.ts'
export type { AnsweredMessage, RequestOutcome } from './log/answered-message.ts'
export type { FaultMessage } from './log/fault-message.ts'
export type {
  Answer,
  Classify,
  ErrorHandler,
  ExitCodes,
  GraceOptions,
  IsExpected,
  IsolateOptions,
  LeaveOptions,
  LogOptions,
  LoopOptions,
  OverridableOptions,
  QuarantineOptions,
  RecorderOptions,
  RouteIsolateOptions,
  RunawayOptions,
} from './options/options.ts'
export type {
  CrashReport,
  EventLoopDelay,
  InFlightRequest,
  LastFault,
  LeaveMessage,
  LeaveReason,
  Phase,
  ReportedFault,
  Sickness,
} from './report/crash-report.ts'
