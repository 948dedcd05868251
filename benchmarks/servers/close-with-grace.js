import closeWithGrace from 'close-with-grace'
import { serve } from './fastify-app.js'

// As in its README.
await serve((app) =>
  closeWithGrace({ delay: 10_000 }, async ({ err }) => {
    if (err) app.log.error({ err }, 'server closing with error')
    await app.close()
  }),
)
