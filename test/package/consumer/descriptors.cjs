// Uses up all file descriptors while it serves, then fails: what handles that must have been loaded by then.
const { closeSync, openSync } = require('node:fs')
const { createServer } = require('node:http')
const Fastify = require('fastify')
const isolate = require('fastify-isolate')

const isDeferredLoaded = () => Object.keys(require.cache).some((path) => path.endsWith('deferred.cjs'))

const app = Fastify({ logger: true })
app.register(isolate({ leave: { reportDir: 'descriptors' } }))
app.get('/', () => 'fine')
app.get('/bug', () => {
  throw new Error('the bug')
})
app.get('/fatal', () => {
  throw new isolate.FatalError('the end')
})

const opened = []

function useUp() {
  try {
    for (;;) opened.push(openSync('/dev/null', 'r'))
  } catch (error) {
    return error.code
  }
}

async function main() {
  await app.ready()
  const atReady = isDeferredLoaded()
  await app.inject('/')
  // of which Fastify tells nobody
  createServer(app.routing).listen(0)
  // what is loaded once it is ready comes in an immediate
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
  const usedUp = useUp()
  const { statusCode } = await app.inject('/bug')
  console.log(JSON.stringify({ atReady, usedUp, statusCode }))
  // for the file of the report, and for the thread that would end a process that hangs
  for (const descriptor of opened.splice(-32)) closeSync(descriptor)
  await app.inject('/fatal')
}
main()
