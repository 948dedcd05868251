/** Preloaded: sets OpenTelemetry up, with a span for each request, and writes spans to stderr when they end. */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import {
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node'

function written({ name, kind, parentSpanContext, attributes, status, events }: ReadableSpan): string {
  const span = {
    name,
    kind: SpanKind[kind],
    isRoot: parentSpanContext === undefined,
    attributes,
    status: SpanStatusCode[status.code],
    exceptions: events
      .filter((event) => event.name === 'exception')
      .map((event) => event.attributes?.['exception.message']),
  }
  return `${JSON.stringify({ span })}\n`
}

const exporter: SpanExporter = {
  export(spans, done) {
    for (const span of spans) process.stderr.write(written(span))
    done({ code: 0 })
  },
  shutdown: async () => {},
}

const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
provider.register()
// the programs ask for nothing over HTTP, so these are the spans of requests
new HttpInstrumentation().setTracerProvider(provider)
