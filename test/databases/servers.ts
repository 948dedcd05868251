/** Starts real database servers, each in a folder and on a port of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../support/free-port.ts'

/** Milliseconds until a server must accept connections. */
const STARTING = 60_000

/** A database server that runs. */
export interface DatabaseServer {
  readonly port: number
  /** Ends it as a crash does: its connections close at once. */
  crash(): Promise<void>
  /** Starts it again, on the same port and with the same data. */
  start(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

/** What differs between the kinds of servers. */
interface Kind {
  readonly program: string
  /** The system's account that it must run as where the tests run as root. */
  readonly account: string | undefined
  /** Makes its data in an empty folder. */
  prepare(folder: string, as: Account): void
  args(folder: string, port: number): string[]
  readonly ready: RegExp
  /** The signal that ends it without a farewell to its clients. */
  readonly crashesBy: NodeJS.Signals
}

interface Account {
  readonly uid?: number
  readonly gid?: number
}

const KINDS = {
  postgres: () => ({
    program: find('postgres', postgresFolders()),
    account: 'postgres',
    prepare(folder, as) {
      const args = ['-D', folder, '-A', 'trust', '-U', 'postgres', '--no-sync']
      execFileSync(find('initdb', postgresFolders()), args, { ...as, cwd: folder, stdio: 'pipe' })
    },
    args: (folder, port) => [
      ...['-D', folder, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1'],
      ...['-c', 'unix_socket_directories=', '-c', 'fsync=off'],
    ],
    ready: /ready to accept connections/,
    crashesBy: 'SIGQUIT',
  }),
  mariadb: () => ({
    program: find('mariadbd', ['/usr/sbin']),
    account: 'mysql',
    prepare(folder, as) {
      const args = ['--no-defaults', `--datadir=${folder}`, '--auth-root-authentication-method=normal']
      execFileSync(find('mariadb-install-db', []), [...args, '--skip-test-db'], {
        ...as,
        cwd: folder,
        stdio: 'pipe',
      })
    },
    args: (folder, port) => [
      ...['--no-defaults', `--datadir=${folder}`, `--port=${port}`, '--bind-address=127.0.0.1'],
      `--socket=${path.join(folder, 'socket')}`,
    ],
    ready: /ready for connections/,
    crashesBy: 'SIGKILL',
  }),
  redis: () => ({
    program: find('redis-server', []),
    account: undefined,
    prepare() {},
    args: (folder, port) => ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ready: /ready to accept connections/i,
    crashesBy: 'SIGKILL',
  }),
} satisfies Record<string, () => Kind>

/** The servers that can be started. */
export type DatabaseName = keyof typeof KINDS

class MissingProgram extends Error {}

/** Returns why a server cannot be started here, undefined where it can. */
export function missing(name: DatabaseName): string | undefined {
  try {
    KINDS[name]()
    return undefined
  } catch (error) {
    if (error instanceof MissingProgram) return error.message
    throw error
  }
}

/** Starts a server with no data. Rejects where it is not installed or does not start. */
export async function startDatabase(name: DatabaseName): Promise<DatabaseServer> {
  const kind: Kind = KINDS[name]()
  const account = accountOf(kind.account)
  const folder = await mkdtemp(path.join(tmpdir(), `fastify-isolate-${name}-`))
  if (account.uid !== undefined) await chown(folder, account.uid, account.gid as number)
  kind.prepare(folder, account)
  const port = await freePort()
  let child: ChildProcess | undefined
  const start = async (): Promise<void> => {
    child = await run(kind, account, folder, port)
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }
  const killAtExit = (): void => {
    child?.kill(kind.crashesBy)
  }
  process.once('exit', killAtExit)
  await start()
  return {
    port,
    crash: () => end(kind.crashesBy),
    start,
    async stop() {
      await end(kind.crashesBy)
      process.removeListener('exit', killAtExit)
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

async function run(kind: Kind, account: Account, folder: string, port: number): Promise<ChildProcess> {
  const child = spawn(kind.program, kind.args(folder, port), { ...account, cwd: folder, stdio: 'pipe' })
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        output = `${output}${line}\n`.slice(-10_000)
        if (kind.ready.test(line)) resolve()
      })
    }
    const fail = (why: string): void => reject(new Error(`${kind.program} ${why}:\n${output}`))
    child.once('error', reject)
    child.once('exit', (code, signal) => fail(`ended with ${code ?? signal}`))
    setTimeout(fail, STARTING, 'did not start').unref()
  })
  await ready
  return child
}

function find(program: string, folders: readonly string[]): string {
  const searched = [...folders, ...(process.env.PATH ?? '').split(path.delimiter)]
  const found = searched.map((folder) => path.join(folder, program)).find((file) => existsSync(file))
  if (found === undefined)
    throw new MissingProgram(`${program} is not installed: scripts/install-databases.sh`)
  return found
}

/** Debian keeps the programs of each version apart. */
function postgresFolders(): string[] {
  const root = '/usr/lib/postgresql'
  return existsSync(root) ? readdirSync(root).map((version) => path.join(root, version, 'bin')) : []
}

/** PostgreSQL and MariaDB refuse to run as root. */
function accountOf(name: string | undefined): Account {
  if (name === undefined || process.getuid?.() !== 0) return {}
  const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}
