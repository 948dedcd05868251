import { attempt } from '../attempt.ts'
import { onBootEnd } from '../fastify/boot.ts'
import type { Internals } from '../fastify/internals.ts'
import { lastPlugin, loadingPlugin } from '../fastify/loading-plugin.ts'
import type { IsolatedApp } from '../isolated-app.ts'

/**
 * Tells of an exit with an error before the app has served.
 *
 * @param tell Called as the process exits, with what was loading in words, where that is known.
 */
export function onBootDeath(
  app: IsolatedApp,
  internals: Internals,
  tell: (loading: string | undefined) => void,
): void {
  const { fastify } = app
  let failedAt: string | undefined
  onBootEnd(fastify, internals, (hasFailed) => {
    const last = hasFailed ? attempt(() => lastPlugin(fastify), undefined) : undefined
    failedAt = last && `the plugin that began to load last: ${last}`
  })
  const onExit = (code: number): void => {
    if (code === 0 || app.hasServed) return
    const loading = app.isHeld ? undefined : attempt(() => loadingPlugin(fastify), undefined)
    tell(loading === undefined ? failedAt : `the plugin that was loading: ${loading}`)
  }
  process.on('exit', onExit)
  const stop = (): void => {
    process.off('exit', onExit)
  }
  fastify.addHook('onListen', (done) => {
    stop()
    done()
  })
  fastify.addHook('onClose', (_app, done) => {
    // A fault that ends the boot closes the app on its way out.
    if (app.state !== 'leaving') stop()
    done()
  })
}
