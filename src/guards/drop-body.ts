import { attempt } from '../attempt.ts'
import { ignoreRejection } from '../ignore-rejection.ts'

/** A stream of Node, one of the Web, or a Response. */
interface Body {
  on?(event: 'error', listener: () => void): unknown
  destroy?(): unknown
  cancel?(): unknown
  readonly body?: unknown
}

/**
 * Lets go of a body that nobody reads. What it comes from waits for its reader, and a pool of connections to an
 * upstream would soon be empty. Never throws.
 */
export function dropBody(body: unknown): void {
  if (typeof body !== 'object' || body === null) return
  attempt(() => {
    const stream = body as Body
    if (typeof stream.destroy === 'function') {
      stream.on?.('error', () => {})
      stream.destroy()
    } else if (typeof stream.cancel === 'function') ignoreRejection(stream.cancel())
    else dropBody(stream.body)
  }, undefined)
}
