import { spawnSync } from 'node:child_process'

/** Runs what follows as process 1 of a container: Linux ignores every SIGKILL that comes from inside. */
export const AS_PROCESS_1: readonly string[] = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child']

const [command = '', ...args] = AS_PROCESS_1

/** Why it cannot be here; false where it can. */
export const NO_PROCESS_1: string | false =
  spawnSync(command, [...args, 'true']).status !== 0 && 'only root may make a namespace of processes'
