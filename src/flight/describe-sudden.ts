import { memoryKills } from './memory-kills.ts'
import type { Flight, Vitals } from './read-flight.ts'

/** From this share of its limit on, a heap was full. */
const FULL = 0.95
/** The same where the heap is guessed from the size of the process, which is known later and tells less. */
const PROBABLY_FULL = 0.9
/** Milliseconds without a heartbeat, which comes every 250 ms, after which it is worth a word. */
const BLOCKED = 1_000

/** Says what can be known of an end that the process did not see. */
export function describeSudden({ header, vitals }: Flight): string {
  if (vitals === undefined) {
    const when = header.listenedAt === undefined ? 'before it listened' : 'as soon as it listened'
    return `killed by a signal, or crashed in native code, ${when}`
  }
  const blocked = vitals.copiedAt - vitals.beatAt
  const stood = blocked < BLOCKED ? '' : `, after its event loop had stood still for ${seconds(blocked)}`
  return `${likeliest(vitals)}${stood}`
}

function likeliest({ heapUsed, heapLimit, rss, beatRss, ...vitals }: Vitals): string {
  const grown = Math.max(0, rss - beatRss)
  const limit = `${Math.round(heapLimit / 1e6)} MB`
  if (heapUsed >= heapLimit * FULL) {
    return `out of memory: its heap was at ${Math.min(100, Math.floor((heapUsed / heapLimit) * 100))} % of its limit, ${limit}`
  }
  if (heapUsed + grown >= heapLimit * PROBABLY_FULL) {
    return `probably out of memory: it had grown by ${Math.round(grown / 1e6)} MB since the last look at its heap, whose limit is ${limit}`
  }
  const { group, machine } = memoryKills()
  if (hasGrown(group, vitals.groupKills)) return 'killed by the memory killer of its control group'
  const otherwise = 'killed by a signal, or crashed in native code'
  if (!hasGrown(machine, vitals.machineKills)) return otherwise
  return `${otherwise}, perhaps by the memory killer, which has struck on this machine since`
}

function hasGrown(now: number, before: number): boolean {
  return before >= 0 && now > before
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`
}
