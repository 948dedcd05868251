import { readText } from './this-process.ts'

/** How often Linux's memory killer has struck; -1 where it is not known. */
export interface MemoryKills {
  /** On the machine, since it was started. */
  readonly machine: number
  /** In the control group of this process, such as its container, since that was made. */
  readonly group: number
}

/** Reads the counts of the memory killer. Never throws. */
export function memoryKills(): MemoryKills {
  const path = /^0::(\/.*)$/m.exec(readText('/proc/self/cgroup') ?? '')?.[1] ?? ''
  return {
    machine: countIn(readText('/proc/vmstat')),
    group: countIn(readText(`/sys/fs/cgroup${path === '/' ? '' : path}/memory.events`)),
  }
}

function countIn(text: string | undefined): number {
  return Number(/^oom_kill (\d+)$/m.exec(text ?? '')?.[1] ?? -1)
}
