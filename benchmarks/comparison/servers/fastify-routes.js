import {
  brokenStream,
  floatRejection,
  slow,
  throwError,
  throwInBackground,
  throwInTimer,
  throwText,
  throwUpstream,
} from './scenario.js'

export function addRoutes(app) {
  app.get('/slow', slow)
  app.get('/throw', throwError)
  app.get('/text', throwText)
  app.get('/upstream', throwUpstream)
  app.get('/timer', throwInTimer)
  app.get('/floating', floatRejection)
  app.get('/stream', (_request, reply) => reply.send(brokenStream()))
  throwInBackground()
}
