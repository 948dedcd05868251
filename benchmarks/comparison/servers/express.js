import express from 'express'
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

const app = express()
const answer = (work) => async (_request, response) => response.json(await work())
app.get('/slow', answer(slow))
app.get('/throw', answer(throwError))
app.get('/text', answer(throwText))
app.get('/upstream', answer(throwUpstream))
app.get('/timer', answer(throwInTimer))
app.get('/floating', answer(floatRejection))
app.get('/stream', (_request, response, next) => {
  brokenStream().on('error', next).pipe(response)
})
throwInBackground()
const server = app.listen(0, () => listening(server.address().port))
