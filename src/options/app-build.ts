import { buildOf } from '../deaths/build.ts'
import type { ResolvedOptions } from './resolved.ts'

/** The build of an app: that of `quarantine.build`, also where nothing else of the quarantine is used. */
export function buildOfApp({ quarantine }: ResolvedOptions): string {
  return buildOf(quarantine === false ? undefined : quarantine.build)
}
