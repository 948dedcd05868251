import type { TestEvent } from 'node:test/reporters'

/** How one test ended. */
export interface Outcome {
  /** The names of the suites that it is in, and its own. */
  readonly path: string
  readonly result: 'passed' | 'failed' | 'skipped'
}

/** A reporter for `node --test`: one JSON line for each test that passes or fails, as it ends. */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const names: string[] = []
  for await (const event of events) {
    if (event.type === 'test:start') names[event.data.nesting] = event.data.name
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const { nesting, name, skip } = event.data
    const path = [...names.slice(0, nesting), name].join(' > ')
    const isSkipped = skip !== undefined && skip !== false
    const result = event.type === 'test:fail' ? 'failed' : isSkipped ? 'skipped' : 'passed'
    yield `${JSON.stringify({ path, result } satisfies Outcome)}\n`
  }
}
