import { join } from 'node:path'
import { attempt } from '../attempt.ts'
import { describeFatal } from '../deaths/describe-fatal.ts'
import type { PastLife } from '../deaths/past-life.ts'
import type { LeaveMark, RecorderControl } from '../deaths/recorder-control.ts'
import { routeKey } from '../deaths/route-key.ts'
import { findRequest } from '../escapes/find-request.ts'
import type { Fault, FaultRequest } from '../fault/fault.ts'
import { typeName } from '../fault/thrown.ts'
import { FlightFile } from '../flight/flight-file.ts'
import {
  END_AT,
  type EndMark,
  FLIGHT_VERSION,
  type FlightHeader,
  HEADER_AT,
  TRIAL_AT,
} from '../flight/layout.ts'
import { lifeId, type ProcessIdentity } from '../flight/this-process.ts'
import type { InFlightObserver } from '../in-flight/in-flight.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import { logWarning } from '../log/log.ts'
import { type CoveredRoute, RequestContext } from '../request/context.ts'
import { VERSION } from '../version.ts'
import { type EndListener, type ExitCall, listenToEnd, stopListeningToEnd } from './process-end.ts'
import { Recording } from './recording.ts'

/**
 * Milliseconds after it came within which a request that has ended is blamed for what it left behind. Later it may be
 * anybody's: a pool keeps the context of the request that opened a connection for as long as that lives.
 */
const OWN_TIME = 5_000

/** The files that apps of this process write, and by whom. */
const inUse: Map<string, Recorder> = new Map()

/** What a recorder is made with. */
export interface RecorderSetup {
  /** The folder of the files. */
  readonly folder: string
  readonly build: string
  readonly itself: ProcessIdentity
  readonly pastLives: readonly PastLife[]
  /** Until when every request is written as it arrives, in milliseconds since the epoch. */
  readonly writesAllUntil: number
}

/**
 * Writes down, while an app runs, what has to be known after its process has died. Until it listens, the file only says
 * that it boots. No method throws.
 */
export class Recorder implements RecorderControl, EndListener, InFlightObserver {
  readonly lifeId: string
  readonly pastLives: readonly PastLife[]
  readonly #app: IsolatedApp
  readonly #routes: readonly CoveredRoute[]
  readonly #setup: RecorderSetup
  readonly #file: FlightFile
  #end: EndMark = {}
  #recording: Recording | undefined = undefined
  #listenedAt: number | undefined = undefined
  /** Whether its app has closed, and never listened: the process may go on, or end because of it. */
  #isIdle = false

  /** @param routes The covered routes; all are there once the app is ready. */
  constructor(app: IsolatedApp, routes: readonly CoveredRoute[], setup: RecorderSetup) {
    this.lifeId = lifeId(setup.itself)
    this.pastLives = setup.pastLives
    this.#app = app
    this.#routes = routes
    this.#setup = setup
    this.#file = new FlightFile(freePath(setup), (error) => this.#failed(error))
    inUse.set(this.#file.path, this)
  }

  get path(): string | undefined {
    return this.#file.isOpen ? this.#file.path : undefined
  }

  /** Begins the file: from now on a death is seen. */
  open(): void {
    if (this.#file.isOpen) return
    for (const other of this.#others()) if (other.#isIdle) other.#discard()
    this.#file.open(this.#setup.folder)
    this.#writeHeader()
    if (this.#file.isOpen) listenToEnd(this)
  }

  #writeHeader(): void {
    const { build, itself } = this.#setup
    const { fastify } = this.#app
    const header: FlightHeader = {
      version: FLIGHT_VERSION,
      id: this.lifeId,
      build,
      ...itself,
      listenedAt: this.#listenedAt,
      versions: { node: process.version, fastify: fastify.version, 'fastify-isolate': VERSION },
      platform: `${process.platform} ${process.arch}`,
    }
    this.#file.writeText(HEADER_AT, JSON.stringify(header))
  }

  /** Called when the app listens: from now on its requests are written. Does nothing the second time. */
  listened(): void {
    if (this.#listenedAt !== undefined) return
    this.#listenedAt = Date.now()
    this.#warnOfOthers()
    this.open()
    this.#writeHeader()
    if (!this.#file.isOpen) return
    const { writesAllUntil } = this.#setup
    this.#recording = new Recording(this.#app.requests, this.#file, this.#routes.length, writesAllUntil)
    if (!this.#file.isOpen) this.#recording.stop()
  }

  /** Two apps of one process die one death: the state knows what was in flight in one of them only. */
  #warnOfOthers(): void {
    const { folder } = this.#setup
    if (this.#others().every((other) => other.#listenedAt === undefined)) return
    const message = `another app of this process records in ${folder}: what it dies of may be blamed on nobody. Give each app a folder of its own`
    attempt(() => this.#app.fastify.log.warn(message), undefined)
  }

  /** Those of other apps of this process in the same folder. */
  #others(): Recorder[] {
    const { folder } = this.#setup
    return [...inUse.values()].filter((other) => other !== this && other.#setup.folder === folder)
  }

  /** Called for the first request, and for those of an app that does not listen. */
  add(context: RequestContext): void {
    const { fastify, requests } = this.#app
    if (fastify.server.listening) {
      this.listened()
      if (requests.observer !== this) requests.observer?.add(context)
      return
    }
    // only tests inject into an app that does not listen, and the end of a test is no death
    this.#discard()
  }

  delete(context: RequestContext): void {
    this.#app.requests.board.delete(context)
  }

  faulted(fault: Fault, fingerprint: string): void {
    this.#recording?.faulted(fault, fingerprint)
    if (fault.verdict !== 'fatal') return
    const { request, origin, error, at, attributedTo } = fault
    const because = describeFatal(typeName(error), origin)
    const isCertain = attributedTo !== 'connection' && this.#isBlamed(request)
    const culprit = isCertain ? { culprit: routeKey(request.method, request.route) } : undefined
    this.#note({ fatal: { cause: origin === 'runaway' ? 'runaway' : 'fatal', because, ...culprit, at } })
  }

  leaving({ reason, exitCode, note }: LeaveMark): void {
    const isSignal = reason === 'signal'
    const why = isSignal ? `left on ${note ?? 'a signal'}` : `left: ${reason}`
    this.#noteLeft(`${why}, exit code ${exitCode}`, isSignal)
  }

  endsInOrder(because: string): void {
    this.#noteLeft(because, false)
  }

  #noteLeft(because: string, isSignal: boolean): void {
    this.#note({ left: { because, isSignal, at: Date.now() } })
  }

  exited(call: ExitCall): void {
    // a program that exits with 0 and never listened is a script or a test, and its end is no death
    if (this.#listenedAt === undefined && call.code === 0) {
      this.#discard()
      return
    }
    const caller = call.wasCalled ? attempt(findRequest, undefined) : undefined
    const request = caller instanceof RequestContext ? caller.snapshot() : undefined
    const culprit = this.#isBlamed(request) && { culprit: routeKey(request.method, request.route) }
    this.#note({ exit: { ...call, ...culprit, at: Date.now() } })
    this.#recording?.markAll()
  }

  /** Whether an end is certain to be of a request: it is in flight, or came a moment ago. */
  #isBlamed(request: FaultRequest | undefined): request is FaultRequest {
    if (request === undefined) return false
    if (Date.now() - request.startedAt < OWN_TIME) return true
    for (const context of this.#app.requests) if (context.snapshot() === request) return true
    return false
  }

  signalled(name: NodeJS.Signals): void {
    this.#note({ signal: { name, at: Date.now() } })
  }

  /** Adds a mark, unless there is one of that kind: the first is the cause, the later ones follow from it. */
  #note(mark: EndMark): void {
    this.#end = { ...mark, ...this.#end }
    this.#file.writeText(END_AT, JSON.stringify(this.#end))
  }

  markTrial(route: string): boolean {
    this.#file.writeText(TRIAL_AT, route)
    this.#file.sync()
    return this.#file.isOpen
  }

  clearTrial(): void {
    this.#file.writeText(TRIAL_AT, '')
  }

  /** Ends the recording because the app has closed. One file of those that never listened stays, to see a failed start. */
  closed(): void {
    if (this.#listenedAt === undefined) {
      this.#isIdle = this.#app.state !== 'leaving'
      const isSeen = !this.#file.isOpen || this.#others().some((other) => !other.#isIdle)
      if (this.#isIdle && isSeen) this.#discard()
      return
    }
    this.#noteLeft('the app was closed', false)
    this.#stop()
    this.#file.close()
  }

  #discard(): void {
    this.#stop()
    this.#file.remove()
  }

  #failed(error: unknown): void {
    this.#stop()
    logWarning(this.#app.fastify.log, error, 'the flight recorder has stopped: a death will not be explained')
  }

  #stop(): void {
    this.#recording?.stop()
    stopListeningToEnd(this)
    inUse.delete(this.#file.path)
  }
}

/** The file of an app: a second one of the same process gets a number. */
function freePath({ folder, itself: { pid, startedAt } }: RecorderSetup): string {
  for (let number = 0; ; number += 1) {
    const path = join(folder, `flight-${pid}-${startedAt}${number === 0 ? '' : `-${number}`}.bin`)
    if (!inUse.has(path)) return path
  }
}
