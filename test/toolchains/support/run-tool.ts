import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How a program ended, and all that it wrote. */
export interface Ended {
  readonly code: number | null
  readonly output: string
}

/** Runs a program of an installed package with the Node that runs the tests, in a folder of `test/toolchains`. */
export function runTool(folder: string, program: string, ...args: string[]): Promise<Ended> {
  return runNode(folder, fileURLToPath(new URL(`../node_modules/${program}`, import.meta.url)), ...args)
}

/** Runs the Node that runs the tests, in a folder of `test/toolchains`. */
export async function runNode(folder: string, ...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd: fileURLToPath(new URL(`../${folder}`, import.meta.url)),
    env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_V8_COVERAGE: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, output }
}
