import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** Where it was measured. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  /** The average load of the minute before: how busy the machine was with something else. */
  readonly loadBefore: number
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    system: `${type()} ${release()}`,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  }
}

/** The numbers in a list as Linux writes it: `0-2,5`. */
export function coresIn(list: string): number[] {
  return list.split(',').flatMap((part) => {
    const [from = Number.NaN, until = from] = part.split('-').map(Number)
    return Array.from({ length: until - from + 1 }, (_, i) => from + i)
  })
}

/** The cores that this process may use, or `undefined` where there is no `taskset`. */
export function allowedCores(): number[] | undefined {
  try {
    const told = execFileSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
    return coresIn(told.slice(told.lastIndexOf(':') + 1).trim())
  } catch {
    return undefined
  }
}

/** Keeps this process and those that it starts from now on on these cores. */
export function keepOn(cores: readonly number[]): void {
  execFileSync('taskset', ['-acp', cores.join(','), String(process.pid)], { stdio: 'ignore' })
}

/**
 * The time that all threads of a process have run so far, as the scheduler of Linux has counted it, in microseconds.
 *
 * @returns `undefined` where that is not told.
 */
export function schedulerTime(pid: number): number | undefined {
  const folder = `/proc/${pid}/task`
  try {
    const ofThread = (thread: string): number =>
      Number.parseInt(readFileSync(`${folder}/${thread}/schedstat`, 'latin1'), 10)
    return readdirSync(folder).reduce((sum, thread) => sum + ofThread(thread), 0) / 1000
  } catch {
    return undefined
  }
}
