import { Server } from 'node:net'
import { attempt } from '../attempt.ts'
import { currentResource } from '../node-parts.ts'

/** Whether the error that Node reports right now was thrown as a server took a connection, which is lost with it. */
export function isOfLostConnection(): boolean {
  return attempt(() => currentResource().owner instanceof Server, false)
}
