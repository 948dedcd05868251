/**
 * JavaScript that ends the process at once, from any of its threads and whatever the others do: by SIGKILL, exit code
 * 137. Linux ignores that signal for process 1 of a container, but not a trap that its own code runs into: SIGTRAP, exit
 * code 133. A text, so that it can be part of the code of a thread.
 */
export const KILL_PROCESS = `process.kill(process.pid, 'SIGKILL')
if (process.pid === 1) {
  process.getBuiltinModule('node:v8').setFlagsFromString('--allow-natives-syntax')
  new (process.getBuiltinModule('node:vm').Script)('%SystemBreak()').runInThisContext()
}`

/** The exit code that it leaves behind. */
export function killedCode(): number {
  return process.pid === 1 ? 133 : 137
}

/** Runs {@link KILL_PROCESS}. */
export function killProcess(): void {
  const { Script } = process.getBuiltinModule('node:vm')
  new Script(KILL_PROCESS).runInThisContext()
}
