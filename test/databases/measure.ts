/**
 * Lets errors escape from real drivers, and tells to whom the plugin gives them. Prints the results of one Node as JSON.
 *
 *     node --import ./test/support/typescript.js test/databases/measure.ts
 */
import { fileURLToPath } from 'node:url'
import { type Child, startProgram } from '../support/child.ts'
import { type DatabaseName, type DatabaseServer, startDatabase } from './servers.ts'

/** Milliseconds until a program is killed that hangs. */
const LIFETIME = 120_000

/** Which drivers use which server; those of `none` are add-ons of native code. */
const DRIVERS: Readonly<Record<DatabaseName | 'none', readonly string[]>> = {
  postgres: ['pg', 'postgres'],
  mariadb: ['mysql2', 'mysql2-connection', 'mariadb', 'mariadb-callback'],
  redis: ['ioredis', 'redis'],
  none: ['bcrypt', 'sharp'],
}

/** Who opened the connection: the app at boot, a request that has finished, or one in flight. */
export const OPENED = ['boot', 'finished', 'in flight'] as const

/** To whom an error was given. */
export type Found = 'its request' | 'nobody' | 'the connection' | 'the opener'

/** What became of one use of a driver. */
export interface Result {
  readonly driver: string
  readonly use: string
  readonly opened: (typeof OPENED)[number]
  readonly found: Found
  /** What the request in flight got that had opened the connection; undefined where there was none. */
  readonly opener: number | undefined
}

/** Measures all drivers of one server. */
export async function measure(name: DatabaseName | 'none'): Promise<Result[]> {
  const database = name === 'none' ? undefined : await startDatabase(name)
  try {
    const results: Result[] = []
    for (const driver of DRIVERS[name]) results.push(...(await measureDriver(driver, database)))
    return results
  } finally {
    await database?.stop()
  }
}

async function measureDriver(driver: string, database: DatabaseServer | undefined): Promise<Result[]> {
  const script = fileURLToPath(new URL('./programs/app.ts', import.meta.url))
  const env = { DRIVER: driver, DATABASE: `${database?.port ?? 0}` }
  let end: () => unknown = () => undefined
  const started = startProgram({ after: (hook) => (end = hook as typeof end) }, script, {
    env,
    lifetime: LIFETIME,
  })
  try {
    const child = await started
    const results: Result[] = []
    for (const use of child.ready.uses as string[]) {
      for (const opened of OPENED) {
        // an add-on has no connection
        if (database !== undefined || opened === 'boot')
          results.push({ driver, use, opened, ...(await tryUse(child, opened, use)) })
      }
    }
    return results
  } finally {
    await end()
  }
}

async function tryUse(
  child: Child,
  opened: Result['opened'],
  use: string,
): Promise<Pick<Result, 'found' | 'opener'>> {
  const key = `${encodeURIComponent(opened)}/${encodeURIComponent(use)}`
  if (opened === 'finished') await child.ask(`/open/${key}`)
  const opener = opened === 'in flight' ? child.ask(`/hold/${key}`) : undefined
  if (opener !== undefined) await child.line(({ holds }) => holds === `${opened}/${use}`)
  const before = seen(child).length
  const using = child.ask(`/use/${key}`)
  await child.line(() => seen(child).length > before)
  const found = foundOf(seen(child)[before]!)
  // an opener that is named is answered when its grace is over; another one when it is let go
  if (found !== 'the opener') await child.ask(`/release/${key}`)
  const status = (await opener)?.status
  if (found === 'its request') await using
  return { found, opener: status }
}

interface Seen {
  readonly url?: string | undefined
  readonly attributedTo: string
}

/** What `onFault` of the program was told, in order. */
function seen(child: Child): Seen[] {
  return child.log().flatMap((line) => (line.seen === undefined ? [] : [line.seen]))
}

function foundOf({ url, attributedTo }: Seen): Found {
  if (url === undefined) return 'nobody'
  if (attributedTo === 'connection') return 'the connection'
  return url.startsWith('/use/') ? 'its request' : 'the opener'
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of ['postgres', 'mariadb', 'redis', 'none'] as const) {
    for (const result of await measure(name)) console.log(JSON.stringify(result))
  }
}
