import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { attempt } from '../attempt.ts'

/** By what a process is told from every other one. */
export interface ProcessIdentity {
  readonly pid: number
  readonly host: string
  /** When it started, in milliseconds since the epoch. */
  readonly startedAt: number
  /** The same as Linux numbers it, in clock ticks since the machine was started; undefined elsewhere. */
  readonly startTicks: string | undefined
  /** Names the run of the machine; undefined where the system does not tell. */
  readonly bootId: string | undefined
  /** Within which its pid is its own; undefined where the system does not tell. */
  readonly pidNamespace: string | undefined
}

/** The identity of this process. Never throws. */
export function thisProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    host: attempt(hostname, ''),
    startedAt: Math.round(performance.timeOrigin),
    startTicks: startTicksOf(process.pid),
    bootId: readText('/proc/sys/kernel/random/boot_id'),
    pidNamespace: attempt(() => readlinkSync('/proc/self/ns/pid'), undefined),
  }
}

/** Names a process among all that ever ran. */
export function lifeId({ host, pid, startedAt }: ProcessIdentity): string {
  return `${host}-${pid}-${startedAt}`
}

/** When a process started, in clock ticks; undefined where there is none, or no `/proc`. */
export function startTicksOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  // the name of the program stands in brackets and may hold anything
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

/** The text of a small file of the system, trimmed; undefined where it cannot be read. */
export function readText(path: string): string | undefined {
  return attempt(() => readFileSync(path, 'latin1').trim(), undefined)
}
