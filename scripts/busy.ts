/**
 * Runs the suite several times in a row on a busy machine: two processes beside it take all the time they get. What
 * passes here does not depend on the machine's speed.
 *
 *     npm run test:busy -- [--times 3]
 *
 * All processes end with this one. The exit code is 1 when a run fails, and no run comes after that.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { suiteArguments } from './suite-files.ts'

const { values } = parseArgs({ options: { times: { type: 'string', default: '3' } } })
const times = Number(values.times)
if (!Number.isInteger(times) || times < 1) throw new Error('--times takes a whole number from 1 on')

const started: ChildProcess[] = []

/** Starts Node in a process group of its own, for tests start processes, too. */
function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: 'inherit', detached: true })
  started.push(child)
  return child
}

process.once('exit', () => {
  for (const { pid } of started) {
    try {
      process.kill(-(pid as number), 'SIGKILL')
    } catch {
      // it has ended
    }
  }
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1))

for (let n = 0; n < 2; n += 1) start(['-e', 'for(;;){}'])
for (let run = 1; run <= times; run += 1) {
  const startedAt = performance.now()
  const [code] = await once(start(suiteArguments()), 'exit')
  const seconds = Math.round((performance.now() - startedAt) / 1000)
  console.log(`Run ${run} of ${times} on a busy machine: ${code === 0 ? 'passed' : 'FAILED'}, ${seconds} s`)
  if (code !== 0) process.exit(1)
}
process.exit(0)
