/**
 * Preloaded into the programs of the docs: makes them listen on a free port, whatever they ask for, and print a
 * line when they listen.
 */
import { Server } from 'node:net'

const listen = Server.prototype.listen as (this: Server, ...args: unknown[]) => Server

Server.prototype.listen = function listenAnywhere(this: Server, ...args: unknown[]): Server {
  this.once('listening', () => process.stderr.write('listens somewhere\n'))
  const callback = args.findLast((arg) => typeof arg === 'function')
  return listen.call(this, { port: 0, host: '127.0.0.1' }, callback)
}
