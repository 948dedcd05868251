import Fastify from 'fastify'
import byDefault, {
  FatalError,
  type Fault,
  type IsolateOptions,
  type IsolationState,
  isolate,
  type Verdict,
} from 'fastify-isolate'
import { type NodeRedisClient, redisStore } from 'fastify-isolate/redis'

const options: IsolateOptions = {
  classify: (fault: Fault, proposed: Verdict) => (fault.origin === 'exception' ? 'fatal' : proposed),
  expected: 'branded',
  answer: (fault) => ({ id: fault.id }),
  onFault: (fault) => console.log(fault.request?.route, fault.fingerprint),
  leave: { deadline: 5_000, signals: ['SIGTERM'], exitCodes: { fatal: 71 } },
}

const app = Fastify()
app.register(isolate(options))
app.register(isolate, { expose: true })
app.register(byDefault())
app.get('/plain', { config: { isolate: false } }, async () => 'text')
app.get('/own', { config: { isolate: { expected: () => true, grace: 50 } } }, async () => {
  throw new FatalError('gone', { cause: new Error('why') })
})
app.get<{ Params: { id: string } }>('/infer/:id', async (request) => request.params.id)
app.get('/signal', async (request) => fetch('http://a/', { signal: request.isolation.signal }))

const state: IsolationState = app.isolation.state
const fault: Fault = app.isolation.report(new Error('seen'))
console.log(state, fault.id)

// @ts-expect-error: an unknown option
app.register(isolate({ clasify: () => 'fatal' }))
// @ts-expect-error: not a verdict
app.register(isolate({ classify: () => 'ignore' }))
// @ts-expect-error: no number
app.register(isolate({ grace: '50' }))
// @ts-expect-error: no boolean (a name that is no option is found at boot: Fastify's types let it pass)
app.get('/wrong', { config: { isolate: { expose: 'yes' } } }, async () => 'text')

const client: NodeRedisClient = { EVAL: async () => [] }
const { deaths } = await redisStore(client, { prefix: 'app' }).load('1')
console.log(deaths.map(({ culprit }) => culprit))
// @ts-expect-error: no client
redisStore('redis://localhost')
