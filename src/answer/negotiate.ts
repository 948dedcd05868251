import type Negotiator from 'negotiator'
import { load } from '../load.ts'

/**
 * Reads what a client accepts.
 *
 * @param accept The `Accept` header.
 */
export function negotiate(accept: string): Negotiator {
  const Negotiator = load('negotiator') as typeof import('negotiator')
  return new Negotiator({ headers: { accept } })
}
