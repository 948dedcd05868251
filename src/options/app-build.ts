import { buildOf } from '../deaths/build.ts'
import type { ResolvedOptions } from './resolved.ts'

/** Looked up once: a process runs what it has loaded, whatever is released into its folder later. */
let ofThisProcess: string | undefined

/** The build of an app: that of `quarantine.build`, also where nothing else of the quarantine is used. */
export function buildOfApp({ quarantine }: ResolvedOptions): string {
  if (quarantine !== false && quarantine.build !== undefined) return quarantine.build
  ofThisProcess ??= buildOf(undefined)
  return ofThisProcess
}
