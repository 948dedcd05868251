import type { ResolvedOptions } from '../resolve-options.ts'

/** A route with the options that hold for it: the plugin's own, overridden by `config.isolate`. */
export interface GuardedRoute
  extends Pick<ResolvedOptions, 'classify' | 'expected' | 'answer' | 'expose' | 'escapes' | 'grace'> {
  /** The registration of the plugin that it belongs to: a process may have several. */
  readonly owner: object
  /** Whether this is no route but the handler of requests for which there is none. */
  readonly is404: boolean
}
