import type { ResolvedOptions } from '../resolve-options.ts'

/** A route with the options that hold for it: the plugin's own, overridden by `config.isolate`. */
export interface GuardedRoute
  extends Pick<ResolvedOptions, 'classify' | 'expected' | 'answer' | 'expose' | 'escapes' | 'grace'> {
  /** The registration of the plugin that it belongs to: a process may have several. */
  readonly owner: object
  /** The route's pattern; undefined for what is no route: the handler of requests for which there is none. */
  readonly pattern: string | undefined
}
