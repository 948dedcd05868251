import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** Counts the starts of an app that cannot start, across processes, containers and restarts. */
export interface Starts {
  /** What the app runs at boot: it tells of its start and then ends with a fatal error. */
  readonly boot: string
  readonly count: number
  close(): Promise<void>
}

/**
 * Listens on 127.0.0.1 for the app to tell. An app in a network namespace of its own can tell only a test that
 * runs in there too.
 */
export async function countStarts(): Promise<Starts> {
  let count = 0
  const server = http.createServer((_, response) => {
    count += 1
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return {
    // A plugin is there once the app is ready: only then is it the library that ends the process.
    boot: `await app.ready()
await fetch('http://127.0.0.1:${port}/')
setImmediate(() => {
  throw new FatalError('The configuration names a database that does not exist')
})
await new Promise(() => {})
`,
    get count() {
      return count
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
