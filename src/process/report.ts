/** The crash report's schema. */
export interface CrashReport {
  readonly schema: 'fastify-isolate/crash-report'
  readonly version: 1
}
