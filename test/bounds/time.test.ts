import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bareSink, type FaultSink, faultSinks } from '../support/fault-sinks.ts'
import { temporaryFolder } from '../support/folder.ts'
import { hostileHeads, hostileShapes, touch } from '../support/hostile-shapes.ts'

/** Characters of a long text, and how many of something there are: enough that an unbounded walk shows. */
const LENGTH = 2 * 1024 * 1024
const COUNT = 20_000

/** Characters of a head, of which Node takes 16 KiB unless it is told otherwise. */
const HEAD_LENGTH = 500_000

/** How many times what cannot be avoided, and what a plain error costs, a hostile one may. */
const RATIO = 4

/** Milliseconds that the collector of garbage may take, which is far below what an unbounded walk costs. */
const SLACK = 5

/** Of so many tries one has to be within the bound: any of them may pay for the garbage of those before. */
const TRIES = 10

/** More than this many times the bound, twice, is not tried again. */
const HOPELESS = 20

/** Milliseconds of the processor: in those of a clock other processes would count. */
async function timed(run: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

interface Costs {
  /** Milliseconds that it may cost. */
  readonly bound: number
  readonly cost: number
}

/** Says by how much something costs more than it may; undefined where it does not. */
async function excess(name: string, measure: () => Promise<Costs>): Promise<string | undefined> {
  let last: Costs | undefined
  let hopeless = 0
  for (let i = 0; i < TRIES; i += 1) {
    last = await measure()
    const allowed = RATIO * last.bound + SLACK
    if (last.cost <= allowed) return undefined
    if (last.cost > HOPELESS * allowed) hopeless += 1
    if (hopeless === 2) break
  }
  return `${name}: ${last?.cost.toFixed(1)} ms, where ${last?.bound.toFixed(1)} ms cannot be avoided`
}

async function warmUp(sink: FaultSink): Promise<void> {
  for (let i = 0; i < 20; i += 1) await sink.take(new Error('plain'))
}

test('a hostile error costs no more than a few plain ones, and to read it a few times', async (t) => {
  const sinks = await faultSinks(temporaryFolder(t))
  const shapes = hostileShapes(LENGTH, COUNT)
  for (const sink of sinks) {
    await t.test(sink.name, async () => {
      await warmUp(sink)
      const found: (string | undefined)[] = []
      for (const shape of shapes) {
        const measure = async (): Promise<Costs> => {
          const error = shape.make()
          const touched = shape.make()
          const reading = await timed(() => touch(shape, touched))
          const plain = await timed(() => sink.take(new Error('plain')))
          return { bound: reading + plain, cost: await timed(() => sink.take(error)) }
        }
        found.push(await excess(shape.name, measure))
      }
      assert.deepEqual(found.filter(Boolean), [])
      await sink.close()
    })
  }
})

test('what a client sends in a head costs a request that fails no more than in bare Fastify', async (t) => {
  const bare = await bareSink()
  await warmUp(bare)
  for (const sink of (await faultSinks(temporaryFolder(t))).filter(({ name }) => name.includes('answer'))) {
    await t.test(sink.name, async () => {
      await warmUp(sink)
      const found: (string | undefined)[] = []
      for (const [name, head] of hostileHeads(HEAD_LENGTH)) {
        const measure = async (): Promise<Costs> => {
          const inBare = await timed(() => bare.take(new Error('plain'), head))
          const plain = await timed(() => sink.take(new Error('plain')))
          return { bound: inBare + plain, cost: await timed(() => sink.take(new Error('plain'), head)) }
        }
        found.push(await excess(name, measure))
      }
      assert.deepEqual(found.filter(Boolean), [])
      await sink.close()
    })
  }
  await bare.close()
})
