import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import { FatalError, isolate } from 'fastify-isolate'

const {
  HOST = '127.0.0.1',
  PORT = '3000',
  REPORT_DIR,
  DRAIN_DELAY = '0',
  DRAIN_FATAL,
  REUSE_PORT,
  LISTEN_FDS,
} = process.env

const app = Fastify({ logger: true })

app.register(
  isolate({
    leave: {
      deadline: 10_000,
      drainDelay: Number(DRAIN_DELAY),
      drainFatal: DRAIN_FATAL === '1',
      signals: ['SIGTERM', 'SIGINT'],
      reportDir: REPORT_DIR,
      readiness: '/ready',
    },
  }),
)

// A process in a container has the same pid every time: the start tells it from the one before.
const me = { pid: process.pid, startedAt: performance.timeOrigin }

app.get('/ok', () => me)

app.get('/slow', async () => {
  await sleep(300)
  return me
})

app.get('/crash', () => {
  throw new FatalError('The only database connection is gone')
})

// systemd hands its socket over as file descriptor 3. A short backlog would refuse who comes during a restart.
const socket = LISTEN_FDS === '1' ? { fd: 3 } : { port: Number(PORT), reusePort: REUSE_PORT === '1' }
await app.listen({ host: HOST, backlog: 4096, ...socket })
