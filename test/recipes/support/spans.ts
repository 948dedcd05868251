import { type Child, jsonLines } from '../../support/child.ts'
import { until } from '../../support/until.ts'

/** The paths that fail, what is thrown there, and the verdict of it. */
export const FAULTS: readonly (readonly [path: string, message: string, verdict: string])[] = [
  ['/throw/1', 'thrown', 'contain'],
  ['/string', 'a thrown string', 'contain'],
  ['/timer/1', 'thrown in a timer', 'recycle'],
  ['/rejection', 'floating rejection', 'contain'],
]

/** A span that ended, as `test/recipes/programs/spans.ts` writes it. */
export interface Span {
  readonly name: string
  /** Whether nothing that the process does is around it. */
  readonly isRoot: boolean
  readonly attributes: Readonly<Record<string, string | number>>
  readonly status: 'UNSET' | 'OK' | 'ERROR'
  /** The messages of the exceptions that it recorded. */
  readonly exceptions: readonly string[]
}

function spansOf(child: Child): Span[] {
  return jsonLines(child.stderr()).flatMap(({ span }) => (span === undefined ? [] : [span as Span]))
}

/** Asks for a path, and waits until the spans of that request ended: resolves with them, the outermost last. */
export async function spansFor(child: Child, path: string): Promise<Span[]> {
  const before = spansOf(child).length
  await child.ask(path)
  const spans = (): Span[] => spansOf(child).slice(before)
  await until(() => spans().some(({ isRoot }) => isRoot))
  return spans()
}

/** What a recipe made of a span. */
export function faultOf({ status, exceptions, attributes }: Span) {
  return { status, exceptions, verdict: attributes['fault.verdict'], id: attributes['fault.id'] }
}
