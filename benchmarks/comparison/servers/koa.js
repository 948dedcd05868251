import Koa from 'koa'
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

const app = new Koa()
const work = {
  '/slow': slow,
  '/throw': throwError,
  '/text': throwText,
  '/upstream': throwUpstream,
  '/timer': throwInTimer,
  '/floating': floatRejection,
  '/stream': () => brokenStream(),
}
app.use(async (context) => {
  context.body = await work[context.path]()
})
throwInBackground()
const server = app.listen(0, () => listening(server.address().port))
