import assert from 'node:assert/strict'
import type { Child } from '../../support/child.ts'
import { connectRaw } from '../../support/client.ts'
import { faults } from '../../support/escapes.ts'
import { until } from '../../support/until.ts'
import { changed } from './recipe.ts'

/** A recipe whose request lets an error escape too, so that its answer is forced. */
export function escaping(recipe: string, before: string): string {
  return changed(recipe, before, `setTimeout(() => { throw new Error('escaped') })\n${before}`)
}

/** Asks for what never comes; the error that escaped forces the answer, and is the only fault. */
export async function isForced(child: Child, path: string): Promise<void> {
  const { status } = await child.ask(path)
  assert.equal(status, 500)
  await child.line(({ fault }) => fault !== undefined)
  assert.deepEqual(
    faults(child).map(({ err }) => err.message),
    ['escaped'],
  )
}

/** Asks for what never comes, and leaves once `isAsked`. */
export async function leaves(child: Child, path: string, isAsked: () => Promise<boolean>): Promise<void> {
  const { socket } = await connectRaw(child.port, `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`)
  await until(isAsked)
  socket.destroy()
}

/** Says that nothing was logged but that the client left. */
export async function isOneLine(child: Child): Promise<void> {
  await child.line(({ level, msg }) => level === 30 && msg.startsWith('the client went away'))
  assert.deepEqual(
    child.log().filter(({ level }) => level > 30),
    [],
  )
}
