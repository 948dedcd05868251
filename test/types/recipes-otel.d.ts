// `@fastify/otel` adds this to requests; see recipes.d.ts.
import type { Span } from '@opentelemetry/api'

declare module 'fastify' {
  interface FastifyRequest {
    opentelemetry(): { readonly span: Span | null }
  }
}
