import type { JoinedNetwork, NetworkSettings } from './own-network.ts'
import type { StagedApp } from './staged-app.ts'

/** What the page of a restarter promises, and its test holds it to. */
export interface Promises {
  /** Milliseconds from the fault to the first answer of the new process, on a machine with nothing else to do. */
  readonly backWithin: number
  /** How often an app that cannot start is started, the first time included. Undefined: it never gives up. */
  readonly starts: number | undefined
  /** Milliseconds in which that many starts have surely been tried. Default: 30 000. */
  readonly triesWithin?: number
}

/** A restarter that runs the app. */
export interface Running {
  /** Whether the restarter regards the app as started, where that is later than its first answer. */
  started?(): Promise<boolean>
  /** Sends SIGTERM to the app's process itself, not through the restarter. */
  terminate(pid: number): Promise<void>
  /** Stops the app as an operator would: `systemctl stop`, `docker stop`. Resolves when it has ended. */
  stop(): Promise<void>
  /** The exit code that the restarter saw last; undefined as long as it saw none. */
  exitCode(): Promise<number | undefined>
  /** Whether the restarter has given the app up. */
  gaveUp(): Promise<boolean>
  /** The names of the crash reports that are there after a restart. */
  reports(): Promise<string[]>
  /** Runs `fastify-isolate` where the app is, as an operator would, and resolves with what it printed. */
  cli?(...args: readonly string[]): Promise<string>
  /** Ends the restarter and everything it started, whatever state it is in. */
  end(): Promise<void>
  /** What the restarter and the app said, for the message of a failure. */
  log(): Promise<string>
}

/** A scenario of one restarter. Throws when it fails; what it returns stands in the table. */
export interface Scenario {
  readonly name: string
  /** Shows what the configuration of the docs is better than: run only to record it, or when `--only` names it. */
  readonly comparison?: boolean
  run(): Promise<string>
}

interface RestarterBase {
  /** As its page is named: `systemd`. */
  readonly name: string
  /** The page that holds its promises, where another restarter's measurements stand on it. Default: {@link name}. */
  readonly page?: string
  /** Runs all of it, the load too, in a network namespace of its own with these settings. Default: it does not. */
  readonly ownNetwork?: NetworkSettings
  /** Starts it, and says in which network namespace all of it, the load too, is run. Default: in none. */
  joinNetwork?(): Promise<JoinedNetwork>
  /** It may be missing where only `CI` asks for all restarters: it is skipped then, as on any machine. */
  readonly missingInCi?: boolean
  /** What is missing here to run it; undefined if nothing is. */
  missing(): Promise<string | undefined>
  /** What is proven of it. Default: the scenarios that every restarter has to go through. */
  readonly scenarios?: readonly Scenario[]
  /** What is proven of it besides. */
  readonly more?: readonly Scenario[]
  /** Ends what several runs have shared. */
  tearDown?(): Promise<void>
}

/** A system that starts an app again. */
export interface Restarter extends RestarterBase {
  readonly promises: Promises
  /** Runs the app with the configuration of the docs. Need not wait until it answers. */
  start(app: StagedApp): Promise<Running>
}

/** One that only goes through scenarios of its own. */
export interface OwnScenarios extends RestarterBase {
  readonly scenarios: readonly Scenario[]
}

/** What a file of test/restarters exports as `restarter`. */
export type AnyRestarter = Restarter | OwnScenarios
