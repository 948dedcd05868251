import { execFileSync } from 'node:child_process'
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

/**
 * Keeps this process on one core, the last one that it may use, for the servers too. So only one of client and server
 * runs at a time, and hands over when it has nothing left to do: a server never waits for a client on another
 * core, nor wakes it up, which costs a server on a virtual machine more than the rest of a request.
 *
 * @returns Its number, or `undefined` where that cannot be had, without `taskset`.
 */
export function takeCore(): number | undefined {
  try {
    const told = execFileSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
    const core = coresIn(told.slice(told.lastIndexOf(':') + 1).trim()).at(-1) as number
    execFileSync('taskset', ['-acp', String(core), String(process.pid)], { stdio: 'ignore' })
    return core
  } catch {
    return undefined
  }
}

/** How a program is started on a core. */
export function onCore(core: number | undefined, command: readonly string[]): [string, string[]] {
  const [program = '', ...args] = core === undefined ? command : ['taskset', '-c', String(core), ...command]
  return [program, args]
}
