/**
 * What a leaked pool costs the routes that have no bug, with and without the watch for sick processes: one process and a
 * restarter, a real PostgreSQL, a pool of four, and a route with a bug in its row listener. Skipped where there is no
 * PostgreSQL.
 *
 *     npm run test:sick [-- --record]
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { markdownTable } from 'markdown-table'
import { writeBlock } from '../../scripts/page-block.ts'
import { ask } from '../support/client.ts'
import { freePort } from '../support/free-port.ts'
import { RestartedProgram } from './restarted-program.ts'
import { missing, startDatabase } from './servers.ts'

/** Milliseconds of load. */
const DURATION = 90_000

/** Requests a second of each route. */
const RATES = { '/orders': 30, '/ok': 10, '/report': 0.2 } as const

/** Milliseconds after which a client gives up. */
const PATIENCE = 5_000

/** Milliseconds of uptime: shorter than the default, for the run is. */
const SICK_AFTER = 10_000

const PROGRAM = fileURLToPath(new URL('./programs/sick-app.js', import.meta.url))
const PAGE = fileURLToPath(new URL('../../docs/sick.md', import.meta.url))
const BEGIN = '<!-- measured: npm run test:sick -- --record -->'
const END = '<!-- /measured -->'

interface Measured {
  readonly sent: Record<string, number>
  readonly lost: Record<string, number>
  readonly exits: (number | null)[]
}

async function measure(databasePort: number, sickAfter: number | 'Infinity'): Promise<Measured> {
  const port = await freePort()
  const app = new RestartedProgram([PROGRAM], {
    PORT: String(port),
    DATABASE_PORT: String(databasePort),
    LEAVE: JSON.stringify({ sickAfter }),
  })
  await app.start()
  const measured: Measured = { sent: {}, lost: {}, exits: app.exits }
  const asked: Promise<void>[] = []
  const started = performance.now()
  const send = async (path: string): Promise<void> => {
    measured.sent[path] = (measured.sent[path] ?? 0) + 1
    const { status } = await ask(port, path, { timeout: PATIENCE })
    if (status !== 200) measured.lost[path] = (measured.lost[path] ?? 0) + 1
  }
  while (performance.now() - started < DURATION) {
    for (const [path, rate] of Object.entries(RATES)) {
      const due = ((performance.now() - started) / 1_000) * rate
      for (let count = measured.sent[path] ?? 0; count < Math.floor(due); count++) asked.push(send(path))
    }
    await sleep(10)
  }
  await Promise.all(asked)
  await app.stop()
  return measured
}

function row(name: string, { sent, lost, exits }: Measured): string[] {
  const share = (path: string): string => `${lost[path] ?? 0} of ${sent[path] ?? 0}`
  return [name, share('/orders'), share('/ok'), exits.join(', ') || 'none']
}

const { values } = parseArgs({ options: { record: { type: 'boolean', default: false } } })
const why = missing('postgres')
if (why !== undefined) {
  console.log(`skipped: ${why}`)
  process.exit(process.env.CI === 'true' ? 1 : 0)
}
const database = await startDatabase('postgres')
try {
  const rows = [
    ['', 'lost on `/orders`, which needs the pool', 'lost on `/ok`, which does not', 'exits'],
    row('`sickAfter: Infinity`', await measure(database.port, 'Infinity')),
    row(`\`sickAfter: ${SICK_AFTER}\``, await measure(database.port, SICK_AFTER)),
  ]
  const text = [
    `${DURATION / 1_000} seconds, Node.js ${process.version}; a second has ${RATES['/orders']} requests for \`/orders\` and ` +
      `${RATES['/ok']} for \`/ok\`, each with ${PATIENCE / 1_000} seconds of patience, and every ` +
      `${1 / RATES['/report']} seconds one hits the bug:`,
    '',
    markdownTable(rows),
  ].join('\n')
  console.log(text)
  if (values.record) {
    writeBlock(PAGE, BEGIN, END, text)
  }
} finally {
  await database.stop()
}
