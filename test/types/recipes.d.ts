/**
 * As much of other packages' types as `docs/recipes.md` uses, so that its code is compiled without installing them.
 * Ambient: where a package gets installed, its part here must go.
 */

declare module '@sentry/node' {
  interface Integration {
    readonly name: string
  }
  interface Hint {
    level?: 'fatal' | 'error'
    fingerprint?: string[]
    tags?: Record<string, string | number | boolean | null | undefined>
    extra?: Record<string, unknown>
  }
  export function init(options: {
    dsn?: string | undefined
    integrations?: (defaults: Integration[]) => Integration[]
  }): unknown
  export function captureException(error: unknown, hint?: Hint): string
  export function flush(milliseconds?: number): Promise<boolean>
}

declare module '@opentelemetry/api' {
  export interface Span {
    setAttributes(attributes: Record<string, string | number | boolean>): this
    recordException(exception: Error | string): void
    setStatus(status: { code: SpanStatusCode; message?: string }): this
  }
  export const SpanStatusCode: { readonly UNSET: 0; readonly OK: 1; readonly ERROR: 2 }
  export type SpanStatusCode = 0 | 1 | 2
  export const trace: { getActiveSpan(): Span | undefined }
}

declare module '@fastify/otel' {
  import type { FastifyPluginCallback } from 'fastify'

  export class FastifyOtelInstrumentation {
    constructor(config?: { recordExceptions?: boolean })
    plugin(): FastifyPluginCallback
  }
}

declare module 'prom-client' {
  interface Settings {
    name: string
    help: string
  }
  export class Counter<T extends string> {
    constructor(settings: Settings & { labelNames?: readonly T[] })
    inc(labels: Partial<Record<T, string | number>>): void
  }
  export class Gauge {
    constructor(settings: Settings & { collect?: (this: Gauge) => void })
    set(value: number): void
  }
  export const register: { readonly contentType: string; metrics(): Promise<string> }
}

declare module '@fastify/under-pressure' {
  import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'

  interface Options {
    maxEventLoopDelay?: number
    maxEventLoopUtilization?: number
    pressureHandler?: (
      request: FastifyRequest,
      reply: FastifyReply,
      type: string,
      value: number | undefined,
    ) => unknown
  }
  const underPressure: FastifyPluginCallback<Options>
  export default underPressure
}

declare module 'close-with-grace' {
  interface Options {
    delay?: number | false
    skip?: ('uncaughtException' | 'unhandledRejection' | NodeJS.Signals)[]
  }
  interface Context {
    err?: Error
    signal?: NodeJS.Signals
    manual?: boolean
  }
  export default function closeWithGrace(
    options: Options,
    close: (context: Context) => Promise<void>,
  ): { close(): void }
}
