import restify from 'restify'
import {
  brokenStream,
  floatRejection,
  listening,
  slow,
  throwError,
  throwInBackground,
  throwInTimer,
  throwText,
  throwUpstream,
} from './scenario.js'

const server = restify.createServer({ handleUncaughtExceptions: true })
const answer = (work) =>
  async function handler(_request, response) {
    response.send(await work())
  }
server.get('/slow', answer(slow))
server.get('/throw', answer(throwError))
server.get('/text', answer(throwText))
server.get('/upstream', answer(throwUpstream))
server.get('/timer', answer(throwInTimer))
server.get('/floating', answer(floatRejection))
server.get('/stream', (_request, response, next) => {
  brokenStream().on('error', next).pipe(response)
})
throwInBackground()
server.listen(0, () => listening(server.address().port))
