import type { FastifyInstance } from 'fastify'

/** As `addHook('preClose')` takes it: with a callback, or with a promise, or done when it returns. */
export type PreCloseHook = (this: FastifyInstance, done: (error?: unknown) => void) => unknown

/**
 * The `preClose` hooks of an app. They end what would never end by itself (event streams, WebSockets), so they have
 * to run when the server stops accepting and not after the drain. Fastify itself runs them in `app.close()`, which
 * comes last here and would refuse, or cut, what is still in flight. So each is replaced by one that runs it once,
 * whoever asks first.
 */
export class PreCloseHooks {
  readonly #runs: (() => Promise<void>)[] = []
  #isOver = false

  /** Takes over the hooks of one instance. Call it in Fastify's own order: a parent before its children. */
  takeOver(instance: FastifyInstance, hooks: PreCloseHook[]): void {
    for (const [i, hook] of hooks.entries()) {
      const runOnce = this.#once(hook, instance)
      // Fastify names the hook when it takes too long.
      Object.defineProperty(runOnce, 'name', { value: hook.name })
      hooks[i] = runOnce
      this.#runs.push(runOnce)
    }
  }

  /** Runs those that have not run yet, one after the other. The failure of one keeps no other from running. */
  async run(onFailure: (failure: unknown) => void): Promise<void> {
    for (const runOnce of this.#runs) await runOnce().catch(onFailure)
  }

  /** From now on nobody waits for a hook that runs already. */
  stopWaiting(): void {
    this.#isOver = true
  }

  #once(hook: PreCloseHook, instance: FastifyInstance): () => Promise<void> {
    let running: Promise<unknown> | undefined
    return async () => {
      if (running === undefined) {
        running = call(hook, instance)
        await running
      } else if (!this.#isOver) {
        // Whoever ran it has its failure.
        await running.catch(() => {})
      }
    }
  }
}

function call(hook: PreCloseHook, instance: FastifyInstance): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done = (error?: unknown): void => {
      if (error) reject(error)
      else resolve(undefined)
    }
    // Fastify takes a hook for one with a callback by the same rule.
    if (hook.length === 1) hook.call(instance, done)
    else resolve(hook.call(instance, done))
  })
}
