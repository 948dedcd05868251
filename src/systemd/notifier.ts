import type { ChildProcess } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { load } from '../load.ts'

/** The program of systemd that sends a message. Node itself has no datagram sockets on paths. */
const PROGRAM = 'systemd-notify'

/**
 * Sends each line that it reads as one message. Node starts it only once, because a large process takes long to start
 * another. It ignores the SIGTERM that systemd sends to every process of the service, and ends when its input does.
 */
const SCRIPT = `trap '' TERM INT HUP; while read -r message; do ${PROGRAM} $message; done`

/** Whether `systemd-notify` is on the PATH. */
export function canNotify(): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, PROGRAM), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Sends messages to systemd. */
export class Notifier {
  readonly #onFailure: (error: unknown) => void
  #shell: ChildProcess | undefined
  #hasFailed = false

  /** @param onFailure Called once, where messages cannot be sent. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  /**
   * Sends a message. Never throws, and does not keep the process alive.
   *
   * @param message Assignments with spaces between: `STOPPING=1 EXTEND_TIMEOUT_USEC=1000`.
   */
  send(message: string): void {
    try {
      this.#shell ??= this.#start()
      this.#shell.stdin?.write(`${message}\n`)
    } catch (error) {
      this.#fail(error)
    }
  }

  #start(): ChildProcess {
    const { spawn } = load('node:child_process') as typeof import('node:child_process')
    const { PATH, NOTIFY_SOCKET } = process.env
    const shell = spawn('/bin/sh', ['-c', SCRIPT], {
      env: { PATH, NOTIFY_SOCKET },
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const gone = (): void => {
      if (this.#shell === shell) this.#shell = undefined
    }
    shell.once('exit', gone)
    shell.on('error', (error) => {
      gone()
      this.#fail(error)
    })
    // it has ended: the next message starts another one
    shell.stdin?.on('error', gone)
    shell.unref()
    const input = shell.stdin as (typeof shell.stdin & { unref?(): void }) | null
    input?.unref?.()
    return shell
  }

  #fail(error: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#onFailure(error)
  }
}
