import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { it } from 'node:test'
import { closeAsGoingAway, sayGoingAway } from '../../src/drain/going-away.ts'

const GOING_AWAY = 1001

/** A socket that `ws` has upgraded. */
const socketOf = (webSocket: object): Socket => ({ [Symbol('websocket')]: webSocket }) as unknown as Socket

it('a WebSocket whose `close()` throws or cannot be replaced keeps no other from being closed', () => {
  const codes: unknown[] = []
  const broken = Object.freeze({
    close() {
      throw new Error('of the app')
    },
  })
  const sockets = [broken, { close: (code: unknown) => codes.push(code) }].map(socketOf)
  closeAsGoingAway(sockets)
  sayGoingAway(sockets)
  assert.deepEqual(codes, [GOING_AWAY])
})
