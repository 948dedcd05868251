import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WAIT_TIMEOUT } from './timeouts.ts'
import { TYPESCRIPT } from './typescript-flags.ts'

const PRELOADED = new URL('./any-port.ts', import.meta.url).href

/**
 * Runs a program until it listens, then kills it.
 *
 * @returns Its output if it ended or timed out before it listened, else undefined.
 */
export async function failsToListen(file: string): Promise<string | undefined> {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, PORT: '0' }
  const child = spawn(process.execPath, [...TYPESCRIPT, '--import', PRELOADED, file], {
    env,
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = once(child, 'close')
  const timer = setTimeout(() => child.kill('SIGKILL'), WAIT_TIMEOUT)
  let listens = false
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
      if (listens || !output.includes('listens somewhere\n')) return
      listens = true
      child.kill('SIGKILL')
    })
  }
  await ended
  clearTimeout(timer)
  return listens ? undefined : output
}

/**
 * Runs parts of programs, one after the other in one process.
 *
 * @returns The output if a part failed, else undefined.
 */
export async function failsToRun(files: readonly string[]): Promise<string | undefined> {
  const child = spawn(
    process.execPath,
    [...TYPESCRIPT, fileURLToPath(new URL('./run-parts.ts', import.meta.url)), ...files],
    {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), WAIT_TIMEOUT)
  const [code, signal] = await once(child, 'close')
  clearTimeout(timer)
  // a part may end the process with 0 before the others have run
  return output.endsWith('all of them ran\n') ? undefined : `${code ?? signal}\n${output}`
}
