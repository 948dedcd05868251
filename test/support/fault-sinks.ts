import Fastify, { type FastifyInstance } from 'fastify'
import { NewFault } from '../../src/fault/new-fault.ts'
import type { FlightFile } from '../../src/flight/flight-file.ts'
import { type IsolateOptions, isolate } from '../../src/index.ts'
import { FaultPage } from '../../src/recorder/fault-page.ts'
import { buildReport } from '../../src/report/build.ts'
import { formatReport } from '../../src/report/format.ts'
import { writeTerminationLog } from '../../src/report/termination-log.ts'

/** The head of a request that fails. */
export interface RequestHead {
  readonly url?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Where an error goes that became a fault. */
export interface FaultSink {
  readonly name: string
  /** Throws a value, and resolves once everything is done with it. */
  take(error: unknown, head?: RequestHead): Promise<void> | void
  close(): Promise<void>
}

interface AppSink {
  readonly name: string
  /** Undefined for bare Fastify. */
  readonly options?: IsolateOptions | undefined
  readonly isLogged?: boolean
  readonly accept?: string
}

const LOGGER = { level: 'info', stream: { write() {} } }

async function appSink({ name, options, isLogged = true, accept = '*/*' }: AppSink): Promise<FaultSink> {
  let thrown: unknown
  const app: FastifyInstance = Fastify({ logger: isLogged && LOGGER, requestIdHeader: 'x-request-id' })
  if (options !== undefined) await app.register(isolate(options))
  app.get('/*', async () => {
    throw thrown
  })
  await app.ready()
  return {
    name,
    async take(error, { url = '/', headers } = {}) {
      thrown = error
      await app.inject({ url, headers: { accept, ...headers } })
    },
    close: () => app.close(),
  }
}

function reportSink(folder: string): FaultSink {
  return {
    name: 'the crash report, the termination log and the printed report',
    take(error) {
      const fault = new NewFault(
        { error, origin: 'handler', attributedTo: 'call', request: undefined, job: undefined },
        true,
      )
      const report = buildReport(
        { reason: 'fatal', note: undefined, phase: 'serving', exitCode: 70, fault },
        [],
      )
      formatReport(JSON.parse(JSON.stringify(report)))
      const failure = writeTerminationLog(`${folder}/termination-log`, report)
      if (failure !== undefined) throw failure
    },
    close: async () => {},
  }
}

function recorderSink(): FaultSink {
  const page = new FaultPage({ writeText() {} } as unknown as FlightFile)
  return {
    name: 'the recorder',
    take(error) {
      const fault = new NewFault(
        { error, origin: 'handler', attributedTo: 'call', request: undefined, job: undefined },
        true,
      )
      page.add(fault, fault.fingerprint)
      page.flush()
    },
    close: async () => {},
  }
}

/** Bare Fastify, which masks nothing. */
export function bareSink(): Promise<FaultSink> {
  return appSink({ name: 'bare Fastify' })
}

/** @param folder For the termination log. */
export async function faultSinks(folder: string): Promise<FaultSink[]> {
  const expose = true
  return [
    await appSink({ name: 'the log and a masked answer', options: { classify: () => 'contain' } }),
    await appSink({
      name: 'onFault and a masked answer, without a logger',
      options: { onFault: () => {} },
      isLogged: false,
    }),
    await appSink({ name: 'the log and an exposed answer', options: { expose } }),
    await appSink({ name: 'the log and a page', options: { expose }, accept: 'text/html' }),
    reportSink(folder),
    recorderSink(),
  ]
}
