/** What settles the promise of `ready()`. Fastify makes one for each boot and calls it by its name. */
export interface ReadyResolver {
  resolve(app: unknown): void
  reject(error: unknown): void
}

/** What Fastify knows of the boot of an app. */
export interface BootState {
  readyResolver: ReadyResolver | null
}
