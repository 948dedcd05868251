import { runHttp1, type Watcher } from './http1-client.ts'
import { runHttp2 } from './http2-client.ts'
import { judgeHttp1 } from './judge/http1.ts'
import { judgeStream } from './judge/http2.ts'
import type { Circumstances } from './judge/verdict.ts'
import type { Ledger } from './ledger.ts'
import { type ConnectionPlan, planOf } from './plan.ts'
import type { ServerProcess } from './server-process.ts'

/** Connections at once. */
const CLIENTS = 16

/** Which protocol a connection of the mix speaks. */
export function protocolOf(number: number): 1 | 2 {
  return number % 4 === 3 ? 2 : 1
}

/**
 * Runs one connection after the other, several at once.
 *
 * @param next The number of the next connection; undefined: no more.
 */
export async function sendTraffic(
  server: Pick<ServerProcess, 'ports'>,
  ledger: Ledger,
  seed: number,
  next: () => number | undefined,
  protocol?: 1 | 2,
): Promise<void> {
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      for (let number = next(); number !== undefined; number = next()) {
        await runConnection(server, ledger, planOf(seed, protocol ?? protocolOf(number), number))
      }
    }),
  )
}

/** Carries out one plan and judges what came of it, by what is known once it has ended. */
export async function runConnection(
  { ports }: Pick<ServerProcess, 'ports'>,
  ledger: Ledger,
  plan: ConnectionPlan,
  watcher?: Watcher,
  circumstances: () => Promise<Circumstances> = async () => ({}),
): Promise<void> {
  if (plan.protocol === 1) {
    const transcript = await runHttp1(plan, ports[1], watcher)
    ledger.takeConnection(transcript, judgeHttp1(transcript, await circumstances()))
    return
  }
  const transcripts = await runHttp2(plan, ports[2], watcher)
  const known = await circumstances()
  ledger.takeStreams(
    transcripts,
    transcripts.map((each) => judgeStream(each, known)),
  )
}
