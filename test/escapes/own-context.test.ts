import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { startFixture } from '../support/child.ts'

/** Sends a body whose second half comes when the server has seen the first, and resolves with what it answers. */
async function post(port: number, type: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1').setNoDelay(true)
  let received = ''
  socket.on('data', (text: string) => (received += text))
  const head = `POST /body HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-type: ${type}\r\n`
  socket.write(`${head}content-length: 2\r\n\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  socket.write('a')
  setTimeout(() => socket.write('b'), 50)
  await new Promise((resolve) => socket.once('close', resolve))
  return received
}

test('what is called from outside of its request belongs to it', async (t) => {
  const child = await startFixture(t, 'own-context')
  const others = [child.ask('/slow'), child.ask('/slow')]
  const [parser, listener, answer, handler] = await Promise.all([
    post(child.port, 'text/callback'),
    post(child.port, 'text/stream'),
    child.ask('/answer'),
    child.ask('/error-handler'),
  ])
  for (const received of [parser, listener]) assert.match(received, /HTTP\/1\.1 500 /)
  assert.deepEqual([answer.status, handler.status], [503, 503])
  for (const other of await Promise.all(others)) assert.equal(other.status, 200)
  for (const path of ['/proxied/1', '/proxied/2']) assert.equal((await child.ask(path)).body, 'upstream')
  const lines = await child.lines(5, (line) => line.err?.message.startsWith('of '))
  assert.deepEqual(lines.map(({ err, fault, req }) => [err.message, fault.attributedTo, req?.url]).sort(), [
    ['of a listener of the body', 'context', '/body'],
    ['of a parser', 'context', '/body'],
    ['of answer', 'context', '/answer'],
    ['of onResponse', 'context', '/proxied/2'],
    ['of the error handler', 'context', '/error-handler'],
  ])
})
