import { pinoHttp } from 'pino-http'
import restify from 'restify'
import { destination, measured } from './measured.js'
import { fail, json, text } from './work.js'

const server = restify.createServer({ handleUncaughtExceptions: true })
if (destination) {
  const log = pinoHttp({}, destination)
  server.pre((request, response, next) => log(request, response, next))
}
server.get('/text', (_request, response, next) => {
  response.contentType = 'text/plain'
  response.send(text())
  next()
})
server.post('/json', restify.plugins.bodyParser(), async (request, response) => {
  response.send(await json(request.body))
})
server.get('/throw', (_request, _response, _next) => fail())
measured(server.server)
