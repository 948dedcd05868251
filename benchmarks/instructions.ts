import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'

/** What `perf` counts: the instructions of the program itself, without those of the kernel for it. */
const INSTRUCTIONS = 'instructions:u'

/** The number in what `perf stat -x,` prints, or `undefined` where it could not count. */
export function countIn(printed: string): number | undefined {
  const count = Number.parseFloat(printed.split('\n').find((line) => line.includes(',')) ?? '')
  return Number.isNaN(count) ? undefined : count
}

/** Why instructions cannot be counted on this machine, or `undefined` where they can. */
export function whyUncounted(): string | undefined {
  const { error, stderr } = spawnSync('perf', ['stat', '-x,', '-e', INSTRUCTIONS, 'true'], {
    encoding: 'utf8',
  })
  if (error) return `no perf: ${error.message}`
  return countIn(stderr) === undefined ? `perf stat: ${stderr.trim().split('\n').at(-1)}` : undefined
}

/**
 * Counts in all threads of a process while something happens.
 *
 * @param event - As `perf list` names it.
 * @returns `undefined` where `perf` could not.
 */
export async function countWhile(
  pid: number,
  happens: () => Promise<void>,
  event: string = INSTRUCTIONS,
): Promise<number | undefined> {
  const args = ['stat', '-x,', '-e', event, '--delay', '-1', '--control', 'fd:3,4', '-p', String(pid)]
  const perf = spawn('perf', args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] })
  const printed = text(perf.stderr as Readable)
  const exited = once(perf, 'exit')
  try {
    await tell(perf, 'enable')
    await happens()
    await tell(perf, 'disable')
  } finally {
    perf.kill('SIGINT')
    await exited
  }
  return countIn(await printed)
}

async function tell(perf: ChildProcess, command: string): Promise<void> {
  const acknowledged = once(perf.stdio[4] as Readable, 'data')
  ;(perf.stdio[3] as Writable).write(`${command}\n`)
  await Promise.race([acknowledged, once(perf, 'exit')])
}
