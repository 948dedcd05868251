import { Choices } from '../soak/choices.ts'
import type { Form } from './forms/form.ts'
import { LEAVING } from './forms/leaving.ts'
import type { Ledger } from './ledger.ts'
import { type ConnectionPlan, type Planned, planOf, planRequest } from './plan.ts'
import type { ServerProcess, Setup } from './server-process.ts'
import { protocolOf, runConnection } from './traffic.ts'

/** The ways in which a process is made to leave, and the exit code of each. */
export const WAYS = { SIGTERM: 0, fatal: 70, hung: 0, recycle: 75 } as const
export type Way = keyof typeof WAYS

/** The setup of a server that is to leave: what hangs is cut, what works has time enough. */
export function setupFor(way: Way): Setup {
  const leave: NonNullable<Setup['leave']> = {
    signals: ['SIGTERM'],
    deadline: way === 'hung' ? 1500 : 30_000,
  }
  return way === 'recycle' ? { isOld: true, leave } : { leave }
}

/** The number of the last batch that was sent before the process was told to leave. */
const BEFORE = 1
/** Numbers of connections that no traffic uses. */
const FIRST = 1_000_000

/**
 * Makes the process leave while it is busy: on each connection some requests were answered, some have been sent in whole
 * and are not answered yet, and some come after. Resolves once the process has exited.
 */
export async function leaveAmidTraffic(
  server: ServerProcess,
  ledger: Ledger,
  seed: number,
  round: number,
  way: Way,
  connections: number,
  protocol?: 1 | 2,
): Promise<void> {
  let reached = 0
  let told: () => void = () => {}
  const leaving = new Promise<void>((resolve) => {
    told = resolve
  })
  const reach = () => {
    reached += 1
    if (reached === connections) void makeLeave(server, seed, round, way, ledger).then(told)
  }
  const all = Array.from({ length: connections }, async (_, i) => {
    const number = FIRST + round * 1000 + i
    const plan = planToLeave(seed, number, way, protocol ?? protocolOf(number))
    let hasReached = false
    const reachOnce = () => {
      if (!hasReached) reach()
      hasReached = true
    }
    const run = runConnection(
      server,
      ledger,
      plan,
      {
        async written(batch) {
          if (batch !== BEFORE) return
          reachOnce()
          await leaving
        },
      },
      async () => {
        // one that is over before is no reason to wait for it
        reachOnce()
        await server.exited
        return { leavesAfter: BEFORE, cut: cutBy(server) }
      },
    )
    await run
  })
  await Promise.all(all)
  const [code, signal] = await server.exited
  if (code !== WAYS[way] || signal !== null)
    ledger.fails(
      `seed ${seed}, round ${round}: left by ${way}, exited with ${code ?? signal}\n${server.stderr()}`,
    )
  ledger.readLog(server.log)
}

async function makeLeave(
  server: ServerProcess,
  seed: number,
  round: number,
  way: Way,
  ledger: Ledger,
): Promise<void> {
  if (way !== 'fatal' && way !== 'recycle') {
    server.kill('SIGTERM')
    return
  }
  const plan = planOf(seed, protocolOf(round), FIRST - 1 - round)
  const causer = planRequest(new Choices(seed), LEAVING[way], `${way}.${round}-`)
  await runConnection(
    server,
    ledger,
    { ...plan, batches: [[causer]], departure: { how: 'waits' } },
    undefined,
    async () => ({
      leavesAfter: 0,
    }),
  )
}

/** The requests that the log says were cut at the deadline. */
function cutBy({ log }: ServerProcess): ReadonlySet<string> {
  return new Set(
    log.flatMap(({ leave }) =>
      Array.isArray(leave?.cut) ? leave.cut.map(({ id }: { id: string }) => id) : [],
    ),
  )
}

/** Forms that are over whatever the process does. */
const LATE: readonly Form[] = [LEAVING.late, LEAVING.late, LEAVING.lateEnd, LEAVING.lateFault]

function planToLeave(seed: number, number: number, way: Way, protocol: 1 | 2): ConnectionPlan {
  const choices = new Choices(seed ^ number)
  const plan = planOf(seed, protocol, number)
  const [first = [], second = [], third = []] = plan.batches
  const prefix = `${seed.toString(36)}-leave.${number}`
  const some = Array.from({ length: choices.between(1, 3) }, (_, i) =>
    planRequest(choices, choices.one(LATE), `${prefix}.${i}-`),
  )
  const before = [...second.slice(0, 3), ...some, ...second.slice(3, 6)]
  if (way === 'hung' && choices.happens(0.3)) before.push(planRequest(choices, LEAVING.hung, `${prefix}.h-`))
  return {
    ...plan,
    batches: [first.slice(0, 3).filter(keepsOpen), before.filter(keepsOpen), third.slice(0, 4)],
    departure: { how: 'waits' },
  }
}

/** Whether a connection lives on behind a request: the process is to end it. */
function keepsOpen({ form, headers, version }: Planned): boolean {
  const isCut = form.answers.some((answer) => answer.isCut) && form !== LEAVING.hung
  return !isCut && !form.closes && headers.connection === undefined && version === '1.1'
}
