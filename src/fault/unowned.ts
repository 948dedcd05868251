import type { Fault } from './fault.ts'

/** Whether an error escaped to the process and belongs to no request. */
export function isUnowned({ origin, attributedTo }: Pick<Fault, 'origin' | 'attributedTo'>): boolean {
  return attributedTo === 'none' && (origin === 'rejection' || origin === 'exception')
}
