import type { Fault } from './fault.ts'

/**
 * Whether an error escaped to the process, or ran away, and is no request's own: it has none, or only the one that once
 * opened the connection which failed.
 */
export function isUnowned({ origin, attributedTo }: Pick<Fault, 'origin' | 'attributedTo'>): boolean {
  return (
    (attributedTo === 'none' || attributedTo === 'connection') &&
    (origin === 'rejection' || origin === 'exception' || origin === 'runaway')
  )
}
