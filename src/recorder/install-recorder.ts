import { resolve } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { attempt } from '../attempt.ts'
import { findPastLives } from '../flight/past-lives.ts'
import { thisProcess } from '../flight/this-process.ts'
import type { IsolatedApp } from '../isolated-app.ts'
import { buildOfApp } from '../options/app-build.ts'
import type { CoveredRoute } from '../request/context.ts'
import { hasTestVariable } from '../uncaught/test-runner.ts'
import { Recorder } from './recorder.ts'
import { tellDeath } from './tell-death.ts'

/** Milliseconds after a death that nobody saw for which every request is written as it arrives. */
const ALERT = 600_000

/**
 * Looks what became of the processes before this one, tells of those that died, and begins to record this one. Never
 * throws.
 *
 * @param dir The folder of the files.
 * @param routes The covered routes; all are there once the app is ready.
 */
export function installRecorder(app: IsolatedApp, dir: string, routes: readonly CoveredRoute[]): void {
  const { fastify } = app
  if (!isMainThread) {
    fastify.log.warn('nothing is recorded: this is a Worker thread, whose process may outlive it')
    return
  }
  const itself = thisProcess()
  const folder = resolve(dir)
  const found = findPastLives(folder, itself)
  for (const each of found) {
    attempt(() => tellDeath(each, fastify.log, app.options.leave.reportDir ?? folder), undefined)
  }
  const lives = found.map(({ life }) => life)
  const isAlert = lives.some(({ death }) => death !== undefined && death.cause !== 'fatal')
  const recorder = new Recorder(app, routes, {
    folder,
    build: buildOfApp(app.options),
    itself,
    pastLives: lives,
    writesAllUntil: isAlert ? Date.now() + ALERT : 0,
  })
  app.recorder = recorder
  // a test that only injects must leave nothing behind, whatever ends it
  if (!hasTestVariable()) recorder.open()
  fastify.addHook('onReady', (done) => {
    app.requests.observer = recorder
    done()
  })
  fastify.addHook('onListen', (done) => {
    recorder.listened()
    done()
  })
  fastify.addHook('onClose', (_app, done) => {
    recorder.closed()
    done()
  })
}
