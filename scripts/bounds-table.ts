/**
 * Writes the figures of docs/security.md: what a request in its grace holds in memory, and what hostile errors cost.
 *
 *     npm run docs:bounds
 *
 * Takes some minutes. Times are those of the processor, the least of several tries.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bareSink, type FaultSink, faultSinks } from '../test/support/fault-sinks.ts'
import { type HostileShape, hostileShapes, touch } from '../test/support/hostile-shapes.ts'
import { TYPESCRIPT } from '../test/support/typescript-flags.ts'
import { writeBlock } from './page-block.ts'

const PAGE = 'docs/security.md'
const REQUESTS = 10_000
/** Characters of a long text. */
const LENGTH = 10_000_000
/** How many of something there are. */
const COUNT = 100_000
const TRIES = 5
/** Milliseconds: what takes longer is not tried again. */
const LONG = 500

interface Held {
  readonly bare: number
  readonly grace: number
  readonly ofOne: number
}

function heldInMemory(): Held {
  const fixture = fileURLToPath(new URL('../test/fixtures/graces-growth.ts', import.meta.url))
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', ...TYPESCRIPT, fixture], {
    encoding: 'utf8',
    env: { ...process.env, REQUESTS: String(REQUESTS) },
  })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Held
}

function memoryText({ bare, grace, ofOne }: Held): string {
  const kilobytes = (bytes: number): string => `${(bytes / 1e3).toFixed(1)} kB`
  return [
    '| What waits | Heap |',
    '|---|---|',
    `| a request in bare Fastify | ${kilobytes(bare)} |`,
    `| a request in its grace | ${kilobytes(grace)} |`,
    `| ${REQUESTS.toLocaleString('en').replace(',', ' ')} requests in their grace | ${((grace * REQUESTS) / 1e6).toFixed(0)} MB |`,
    `| one request that 5 000 errors of 10 kB have escaped from | ${(ofOne / 1e6).toFixed(1)} MB |`,
  ].join('\n')
}

async function timed(run: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

async function least(run: () => Promise<number>): Promise<number> {
  let found = Number.POSITIVE_INFINITY
  for (let i = 0; i < TRIES && (i === 0 || found < LONG); i += 1) found = Math.min(found, await run())
  return found
}

async function rowOf(shape: HostileShape, sinks: readonly FaultSink[]): Promise<string> {
  const read = await least(async () => {
    const error = shape.make()
    return timed(() => touch(shape, error))
  })
  const cells: number[] = [read]
  for (const sink of sinks) {
    const take = async (): Promise<number> => {
      const error = shape.make()
      return timed(() => sink.take(error))
    }
    cells.push(await least(take))
  }
  console.log(shape.name, ...cells.map((cell) => cell.toFixed(2)))
  return `| ${shape.name} | ${cells.map((cell) => cell.toFixed(cell < 10 ? 1 : 0)).join(' | ')} |`
}

async function timeText(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'isolate-'))
  const all = await faultSinks(folder)
  const sinks = [await bareSink(), ...all.filter(({ name }) => !name.startsWith('onFault'))]
  const plain: HostileShape = { name: 'a plain error', make: () => new Error('plain') }
  for (const sink of sinks) for (let i = 0; i < 200; i += 1) await sink.take(plain.make())
  const rows: string[] = []
  for (const shape of [plain, ...hostileShapes(LENGTH, COUNT)]) rows.push(await rowOf(shape, sinks))
  for (const sink of sinks) await sink.close()
  rmSync(folder, { recursive: true })
  const heads = ['to read it once', ...sinks.map(({ name }) => name)]
  return [`| Thrown | ${heads.join(' | ')} |`, `|---|${'---|'.repeat(heads.length)}`, ...rows].join('\n')
}

const memory = memoryText(heldInMemory())
writeBlock(PAGE, '<!-- memory: npm run docs:bounds -->', '<!-- end of memory -->', memory)
const times = await timeText()
const where = `Milliseconds of the processor, on Node ${process.versions.node}; texts have 10 million characters, and of anything else there are 100 000.`
writeBlock(PAGE, '<!-- times: npm run docs:bounds -->', '<!-- end of times -->', `${where}\n\n${times}`)
process.exit()
