import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { TYPESCRIPT } from '../../support/typescript-flags.ts'

/** What a network namespace is set to: `{ 'net.ipv4.tcp_migrate_req': '1' }`. */
export type NetworkSettings = Readonly<Record<string, string>>

/** A network namespace of something that already runs. */
export interface JoinedNetwork {
  /** Its file: `/proc/1234/ns/net`. */
  readonly file: string
  /** What a process in it has in its environment besides. */
  readonly env: Readonly<Record<string, string>>
  /** Ends what runs there. */
  end(): Promise<void>
}

/** Whether this process was started by {@link runInOwnNetwork} or {@link runInJoinedNetwork}. */
export const inOwnNetwork: boolean = process.env.RESTARTERS_OWN_NETWORK === '1'

/**
 * Runs a script of Node in a network namespace of its own, which has nothing but loopback and ends with it.
 *
 * @returns What the script gave to `process.send`, in order.
 * @throws {Error} When it exits with anything but 0 or 1.
 */
export function runInOwnNetwork(
  script: string,
  args: readonly string[],
  settings: NetworkSettings,
): Promise<unknown[]> {
  const sysctl = Object.entries(settings).map(
    ([name, value]) => `echo ${value} > /proc/sys/${name.replaceAll('.', '/')}`,
  )
  const prepare = ['set -e', 'ip link set lo up', ...sysctl, 'exec "$@"'].join('; ')
  return run(['unshare', '--net', 'sh', '-c', prepare, 'sh'], {}, script, args)
}

/** As {@link runInOwnNetwork}, in a network that is there already, and is ended afterwards. */
export async function runInJoinedNetwork(
  script: string,
  args: readonly string[],
  network: JoinedNetwork,
): Promise<unknown[]> {
  try {
    return await run(['nsenter', `--net=${network.file}`, '--'], network.env, script, args)
  } finally {
    await network.end()
  }
}

async function run(
  [command, ...prefix]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
  script: string,
  args: readonly string[],
): Promise<unknown[]> {
  const child = spawn(command, [...prefix, process.execPath, ...TYPESCRIPT, script, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...env, RESTARTERS_OWN_NETWORK: '1' },
  })
  const messages: unknown[] = []
  child.on('message', (message) => messages.push(message))
  // The last message may come after the exit, but not after the channel's end.
  const [[code, signal]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')])
  if (code !== 0 && code !== 1)
    throw new Error(`the run in a network of its own ended with ${code ?? signal}`)
  return messages
}
