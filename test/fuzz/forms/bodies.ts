import { setTimeout as sleep } from 'node:timers/promises'
import createError from 'http-errors'
import { boom, type Form, good, masked, never, SECRET, text } from './form.ts'

const json = (id: string, size: number): string => JSON.stringify({ id, pad: text(id, size) })
const plain = (id: string, size: number): string => text(id, 1 + size)

/** A body that is not JSON gets Fastify's own 400. */
function refused(status: number, error: string, message: string, code: string): Form['answers'] {
  return [{ status, body: () => JSON.stringify({ statusCode: status, code, error, message }) }]
}

/** Requests with a body, good and bad. */
export const BODIES: readonly Form[] = [
  {
    name: 'echo',
    method: 'POST',
    weight: 6,
    sends: json,
    handler: async ({ body }) => body,
    answers: [{ status: 200, body: (_id, sent) => sent }],
  },
  {
    name: 'echo-large',
    method: 'POST',
    sends: (id, size) => json(id, size * 50),
    handler: async ({ body }) => body,
    answers: [{ status: 200, body: (_id, sent) => sent }],
  },
  {
    name: 'echo-late',
    method: 'POST',
    weight: 2,
    sends: json,
    handler: async ({ body }) => {
      await sleep(20)
      return body
    },
    answers: [{ status: 200, body: (_id, sent) => sent }],
  },
  {
    name: 'throws-with-a-body',
    method: 'POST',
    weight: 2,
    isFaulty: true,
    sends: json,
    handler: boom,
    answers: [masked()],
  },
  {
    name: 'answers-before-the-body',
    method: 'POST',
    weight: 2,
    sends: json,
    closes: true,
    route: { onRequest: ({ id }, reply, _done) => void reply.send(text(id, 3)) },
    handler: never,
    answers: [good()],
  },
  {
    name: 'throws-before-the-body',
    method: 'POST',
    isFaulty: true,
    sends: json,
    closes: true,
    route: { onRequest: async () => boom() },
    handler: never,
    answers: [masked()],
  },
  {
    name: 'not-json',
    method: 'POST',
    closes: true,
    sends: (id) => `{"${id}`,
    handler: never,
    answers: refused(
      400,
      'Bad Request',
      "Body is not valid JSON but content-type is set to 'application/json'",
      'FST_ERR_CTP_INVALID_JSON_BODY',
    ),
  },
  {
    name: 'too-large',
    method: 'POST',
    closes: true,
    sends: (id, size) => json(id, 10 + size),
    route: { bodyLimit: 50 },
    handler: never,
    answers: refused(413, 'Payload Too Large', 'Request body is too large', 'FST_ERR_CTP_BODY_TOO_LARGE'),
  },
  {
    name: 'unknown-type',
    method: 'POST',
    closes: true,
    type: 'x/y',
    sends: plain,
    handler: never,
    answers: refused(
      415,
      'Unsupported Media Type',
      'Unsupported Media Type',
      'FST_ERR_CTP_INVALID_MEDIA_TYPE',
    ),
  },
  {
    name: 'expected-error',
    weight: 2,
    handler: async ({ id }) => {
      throw createError(422, id)
    },
    answers: [
      {
        status: 422,
        body: (id) => JSON.stringify({ statusCode: 422, error: 'Unprocessable Entity', message: id }),
      },
    ],
  },
  {
    name: 'coded-error',
    handler: ({ id }, reply) => reply.code(409).send(new Error(id)),
    answers: [
      { status: 409, body: (id) => JSON.stringify({ statusCode: 409, error: 'Conflict', message: id }) },
    ],
  },
  // What follows throws where Node hands out the body.
  {
    name: 'throws-in-data',
    method: 'POST',
    isFaulty: true,
    stopsParser: true,
    closes: true,
    sends: json,
    route: {
      onRequest: ({ raw }, _reply, done) => {
        raw.on('data', boom)
        done()
      },
    },
    handler: async ({ body }) => body,
    answers: [masked()],
    only: 1,
  },
  {
    name: 'throws-in-end',
    method: 'POST',
    isFaulty: true,
    stopsParser: true,
    closes: true,
    sends: json,
    route: {
      onRequest: ({ raw }, _reply, done) => {
        raw.on('end', boom)
        done()
      },
    },
    handler: async ({ body }) => body,
    answers: [masked(), { status: 200, body: (_id, sent) => sent }],
  },
  {
    name: 'throws-in-close-of-the-request',
    method: 'POST',
    isFaulty: true,
    stopsParser: true,
    closes: true,
    sends: json,
    route: {
      onRequest: ({ raw }, _reply, done) => {
        raw.on('close', boom)
        done()
      },
    },
    handler: async ({ body }) => body,
    answers: [{ status: 200, body: (_id, sent) => sent }],
  },
  {
    name: 'tick-with-a-body',
    method: 'POST',
    isFaulty: true,
    stopsParser: true,
    closes: true,
    sends: json,
    handler: () => {
      process.nextTick(boom)
      return never()
    },
    answers: [masked()],
  },
  {
    name: 'early-tick-with-a-body',
    method: 'POST',
    isFaulty: true,
    stopsParser: true,
    closes: true,
    sends: json,
    route: {
      onRequest: (_request, _reply, done) => {
        process.nextTick(boom)
        done()
      },
    },
    handler: async ({ body }) => body,
    answers: [{ status: 200, body: (_id, sent) => sent }, masked()],
  },
  {
    name: 'early-immediate-with-a-body',
    method: 'POST',
    isFaulty: true,
    sends: json,
    route: {
      onRequest: (_request, _reply, done) => {
        setImmediate(boom)
        done()
      },
    },
    handler: async ({ body }) => body,
    answers: [{ status: 200, body: (_id, sent) => sent }, masked()],
  },
  {
    name: 'throws-in-pre-parsing',
    method: 'POST',
    isFaulty: true,
    closes: true,
    sends: json,
    route: {
      preParsing: async (_request, _reply, payload) => {
        payload.on('data', () => {})
        throw new Error(SECRET)
      },
    },
    handler: never,
    answers: [masked()],
  },
]
