import { createServer } from 'node:http'
import express from 'express'
import { pinoHttp } from 'pino-http'
import { destination, measured } from './measured.js'
import { fail, json, text } from './work.js'

const app = express()
if (destination) app.use(pinoHttp({}, destination))
app.get('/text', (_request, response) => {
  response.send(text())
})
app.post('/json', express.json(), async (request, response) => {
  response.json(await json(request.body))
})
app.get('/throw', () => fail())
// Express's own handler writes to stderr, whatever logger there is. It knows a handler by its four arguments.
app.use((error, _request, response, _next) => {
  response.err = error // what pino-http logs
  response.sendStatus(500)
})
measured(createServer(app))
