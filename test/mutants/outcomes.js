/**
 * A reporter for `node --test`: one JSON line for each test that passes or fails, as it ends. It is JavaScript, for
 * Node 20 loads a reporter before what it preloads.
 *
 * @param {AsyncIterable<import('node:test/reporters').TestEvent>} events
 * @returns {AsyncGenerator<string>} Lines as `Outcome` in `trial.ts` has them.
 */
export default async function* report(events) {
  const names = []
  for await (const event of events) {
    if (event.type === 'test:start') names[event.data.nesting] = event.data.name
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const { nesting, name, skip } = event.data
    const path = [...names.slice(0, nesting), name].join(' > ')
    const isSkipped = skip !== undefined && skip !== false
    const result = event.type === 'test:fail' ? 'failed' : isSkipped ? 'skipped' : 'passed'
    yield `${JSON.stringify({ path, result })}\n`
  }
}
