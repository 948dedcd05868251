import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Child } from './child.ts'

/** Microseconds of a period of the quota. */
const PERIOD = 100_000
/** Milliseconds for which the stand-in stops a process, and for which it lets it run. */
const TURN = 50

/** Where the kernel takes a quota of CPU time: the folder of all groups, and the files that set it to half a core. */
const HIERARCHIES: readonly { root: string; quota: Readonly<Record<string, string>> }[] = [
  { root: '/sys/fs/cgroup', quota: { 'cpu.max': `${PERIOD / 2} ${PERIOD}` } },
  {
    root: '/sys/fs/cgroup/cpu',
    quota: { 'cpu.cfs_period_us': String(PERIOD), 'cpu.cfs_quota_us': String(PERIOD / 2) },
  },
]

/**
 * Gives a process half of a core: by a group of the kernel, or where none can be made, by stopping it half of the time.
 *
 * @returns Which of both it is.
 */
export function halveCpu(t: TestContext, child: Child): 'cgroup' | 'stopped half of the time' {
  for (const { root, quota } of HIERARCHIES) {
    const group = join(root, `isolate-quota-${child.pid}`)
    try {
      mkdirSync(group)
    } catch {
      continue
    }
    // its process has gone by then
    t.after(() => rmdirSync(group))
    try {
      for (const [file, text] of Object.entries(quota)) writeFileSync(join(group, file), text, { flag: 'r+' })
      writeFileSync(join(group, 'cgroup.procs'), String(child.pid))
      return 'cgroup'
    } catch {}
  }
  let runs = true
  const turns = setInterval(() => {
    runs = !runs
    child.kill(runs ? 'SIGCONT' : 'SIGSTOP')
  }, TURN)
  t.after(() => clearInterval(turns))
  return 'stopped half of the time'
}
