import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connections } from '../../src/drain/connections.ts'
import { Drain } from '../../src/drain/drain.ts'

// Node forgets one stream in a thousand: the soak meets them, no test can wait for one.
test('a process that leaves does not wait for a stream that is closed and does not end', async () => {
  const contexts = new Set<object>()
  const ended: string[] = []
  const add = (name: string, state: { closed: boolean; destroyed: boolean }): object => {
    const context = {
      request: { raw: {} },
      reply: {
        raw: {
          stream: {
            ...state,
            destroy: () => {
              ended.push(name)
              contexts.delete(context)
            },
          },
        },
      },
    }
    contexts.add(context)
    return context
  }
  add('forgotten', { closed: true, destroyed: false })
  const destroyed = add('destroyed', { closed: true, destroyed: true })
  const open = add('open', { closed: false, destroyed: false })
  contexts.add({ request: undefined, reply: undefined })
  const drain = new Drain(new Connections(), contexts as never)
  drain.stopAccepting()
  const drained = drain.drained()
  await new Promise((resolve) => setImmediate(resolve))
  contexts.delete(destroyed)
  contexts.delete(open)
  await drained
  assert.deepEqual(ended, ['forgotten'])
})
