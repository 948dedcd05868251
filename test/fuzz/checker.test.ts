import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { runHttp1 } from './http1-client.ts'
import { judgeHttp1 } from './judge/http1.ts'
import { SCENES } from './judge/scenes.ts'
import type { ConnectionPlan } from './plan.ts'

for (const { name, sent, answers, closes, resets, leavesAfter, violation } of SCENES) {
  test(`the judge ${violation === undefined ? 'is content' : 'notices'}: ${name}`, async (t) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        if (resets) socket.resetAndDestroy()
        else if (closes) socket.end(answers, 'latin1')
        else socket.write(answers, 'latin1')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const plan: ConnectionPlan = {
      number: 0,
      protocol: 1,
      batches: [sent],
      waits: true,
      fragments: [0],
      pause: 0,
      readsAfter: 0,
      readPause: 0,
      departure: { how: 'waits' },
    }
    const transcript = await runHttp1(plan, (server.address() as net.AddressInfo).port)
    const { violations } = judgeHttp1(transcript, leavesAfter === undefined ? {} : { leavesAfter })
    if (violation === undefined) assert.deepEqual(violations, [])
    else assert.match(violations.join('\n'), violation)
  })
}
