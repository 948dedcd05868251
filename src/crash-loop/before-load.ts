import { readdirSync } from 'node:fs'
import { attempt } from '../attempt.ts'
import type { Life } from '../deaths/state.ts'
import { StateFile } from '../deaths/state-file.ts'
import { FLIGHT_FILE } from '../flight/layout.ts'
import { lifeId, thisProcess } from '../flight/this-process.ts'
import { logWarning } from '../log/log.ts'
import { stderrLogger } from '../log/stderr.ts'
import { buildOfApp } from '../options/app-build.ts'
import type { ResolvedOptions } from '../options/resolved.ts'
import { putLife } from './add-lives.ts'
import { describeSeries, fieldsOf } from './describe-series.ts'
import { isGuarded } from './is-guarded.ts'
import { seriesOf } from './series.ts'

/** Set while an exit would be one before the plugin has loaded. */
let onExit: ((code: number) => void) | undefined

/**
 * Counts a process that ends before the plugin has loaded, as where a database does not answer the ping that a program
 * awaits between `register()` and `listen()`: the recorder has not begun then. After too many the process exits at
 * once, where that is the action: it could not be held. Never throws.
 *
 * @param options Undefined where they are wrong: nothing is done, and the plugin tells as it loads.
 */
export function guardBeforeLoad(options: ResolvedOptions | undefined): void {
  if (onExit !== undefined || !options?.loop || !options.recorder || !isGuarded()) return
  const { loop, recorder, leave } = options
  const file = new StateFile(recorder.dir, (message, error) => logWarning(stderrLogger(), error, message))
  const itself = thisProcess()
  const build = buildOfApp(options)
  const put = (how: Life['how'], because: string): void => {
    const { startedAt } = itself
    const life = {
      id: lifeId(itself),
      build,
      startedAt,
      endedAt: Date.now(),
      how,
      because,
    }
    file.update((state) => putLife(state, life))
  }
  const { lives } = file.read()
  const series = seriesOf(lives, build, loop.window, Date.now())
  const isDue = series.deaths.length + 1 >= loop.limit && !series.gaveUpLast
  if (loop.action === 'exit' && isDue && !hasUnread(recorder.dir, lives)) {
    const exitCode = leave.exitCodes.loop
    const why = `${describeSeries(series)}: the app is given up, and the next start tries it again`
    put('gaveUp', why)
    attempt(() => stderrLogger().fatal({ loop: fieldsOf(series), exitCode }, why), undefined)
    const exit = leave.exit ?? process.exit
    exit(exitCode)
    return
  }
  onExit = (code) => {
    if (code !== 0) put('died', `exited with code ${code} before its plugins had loaded`)
  }
  process.once('exit', onExit)
}

/** Whether the recorder has the file of the newest life, or of a newer one: it may have ended in order. */
function hasUnread(folder: string, lives: readonly Life[]): boolean {
  const newest = Math.max(...lives.map(({ startedAt }) => startedAt))
  const names = attempt(() => readdirSync(folder), [])
  return names.some((name) => FLIGHT_FILE.test(name) && Number(name.split(/[-.]/)[2]) >= newest)
}

/** Called when a plugin loads, or fails to: the recorder has begun. */
export function stopGuardingBeforeLoad(): void {
  if (onExit !== undefined) process.off('exit', onExit)
  onExit = undefined
}
