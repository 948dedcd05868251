import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
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

/** The core that the servers have and the one that the client has, by their numbers. */
export interface Cores {
  readonly server: number
  readonly client: number
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

/** The cores that share the hardware of this one, itself among them. */
function siblingsOf(core: number): number[] {
  try {
    const file = `/sys/devices/system/cpu/cpu${core}/topology/thread_siblings_list`
    return coresIn(readFileSync(file, 'utf8').trim())
  } catch {
    return [core]
  }
}

/**
 * Keeps this process on one core and finds another for the servers: the last one that this process may use. They
 * share one, for only one of them has work at a time.
 *
 * @returns `undefined` where that cannot be had: without `taskset`, or on a single core.
 */
export function takeCores(): Cores | undefined {
  try {
    const told = execFileSync('taskset', ['-cp', String(process.pid)], { encoding: 'utf8' })
    const allowed = coresIn(told.slice(told.lastIndexOf(':') + 1).trim())
    const server = allowed.at(-1) as number
    const siblings = siblingsOf(server)
    const client = allowed.find((core) => !siblings.includes(core))
    if (client === undefined) return undefined
    execFileSync('taskset', ['-acp', String(client), String(process.pid)], { stdio: 'ignore' })
    return { server, client }
  } catch {
    return undefined
  }
}

/** How a program is started on a core. */
export function onCore(cores: Cores | undefined, command: readonly string[]): [string, string[]] {
  const [program = '', ...args] = cores ? ['taskset', '-c', String(cores.server), ...command] : command
  return [program, args]
}
