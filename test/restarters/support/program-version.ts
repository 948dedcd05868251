import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { REPOSITORY } from './repository.ts'

/** What is run under a restarter's name, and the command that prints its version. */
interface Program {
  readonly name: string
  readonly command: readonly [string, ...string[]]
}

const SYSTEMD: Program = { name: 'systemd', command: ['systemctl', '--version'] }
const DOCKER: Program = { name: 'Docker', command: ['dockerd', '--version'] }
const PM2_FOLDER = path.join(REPOSITORY, 'build/restarters/node_modules/pm2')

const PROGRAMS: Readonly<Record<string, Program>> = {
  compose: { name: 'Docker Compose', command: ['docker-compose', '--version'] },
  docker: DOCKER,
  kubernetes: {
    name: 'Kubernetes',
    command: [path.join(REPOSITORY, 'scripts/kubernetes/cluster.sh'), '--check'],
  },
  // Asked itself, it would start its daemon.
  pm2: { name: 'PM2', command: ['node', '--print', `require('${PM2_FOLDER}/package.json').version`] },
  supervisor: { name: 'Supervisor', command: ['supervisord', '--version'] },
  swarm: DOCKER,
  systemd: SYSTEMD,
  'systemd-socket': SYSTEMD,
  'two-processes': SYSTEMD,
}

/** The name and version of what runs as this restarter: `systemd 252`. Undefined where it is not known. */
export async function programVersion(restarter: string): Promise<string | undefined> {
  const program = PROGRAMS[restarter]
  if (program === undefined) return undefined
  const [command, ...args] = program.command
  try {
    const { stdout } = await promisify(execFile)(command, args)
    const version = stdout.match(/\d+(?:\.\d+)*/)?.[0]
    return version === undefined ? undefined : `${program.name} ${version}`
  } catch {
    return undefined
  }
}
