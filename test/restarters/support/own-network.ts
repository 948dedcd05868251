import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { TYPESCRIPT } from '../../support/typescript-flags.ts'

/** What a network namespace is set to: `{ 'net.ipv4.tcp_migrate_req': '1' }`. */
export type NetworkSettings = Readonly<Record<string, string>>

/** Whether this process runs in a network namespace that {@link runInOwnNetwork} made. */
export const inOwnNetwork: boolean = process.env.RESTARTERS_OWN_NETWORK === '1'

/**
 * Runs a script of Node in a network namespace of its own, which has nothing but loopback and ends with it.
 *
 * @returns What the script gave to `process.send`, in order.
 * @throws {Error} When it exits with anything but 0 or 1.
 */
export async function runInOwnNetwork(
  script: string,
  args: readonly string[],
  settings: NetworkSettings,
): Promise<unknown[]> {
  const sysctl = Object.entries(settings).map(
    ([name, value]) => `echo ${value} > /proc/sys/${name.replaceAll('.', '/')}`,
  )
  const prepare = ['set -e', 'ip link set lo up', ...sysctl, 'exec "$@"'].join('; ')
  const child = spawn(
    'unshare',
    ['--net', 'sh', '-c', prepare, 'sh', process.execPath, ...TYPESCRIPT, script, ...args],
    {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, RESTARTERS_OWN_NETWORK: '1' },
    },
  )
  const messages: unknown[] = []
  child.on('message', (message) => messages.push(message))
  // The last message may come after the exit, but not after the channel's end.
  const [[code, signal]] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')])
  if (code !== 0 && code !== 1)
    throw new Error(`the run in a network of its own ended with ${code ?? signal}`)
  return messages
}
