import type { Mutant } from './mutant.ts'

/** Faults in `src/answer`. */
export const inAnswer: readonly Mutant[] = [
  {
    name: 'half-a-body-that-the-connection-ends-looks-whole',
    file: 'answer/raw.ts',
    find: 'else if (endsWithConnection(raw)) attempt',
    replace: 'else if (!raw.headersSent) attempt',
    tests: ['isolation/wire'],
  },
  {
    name: 'body-shows-the-message',
    file: 'answer/answer.ts',
    find: '    if (shown === undefined) return jsonBody(statusCode, id)\n',
    replace: '',
    tests: ['answer/masking'],
  },
  {
    name: 'accept-of-a-problem-ignored',
    file: 'answer/answer.ts',
    find: "context.route.answer === 'problem' || acceptsProblem(reply.request.raw)",
    replace: "context.route.answer === 'problem'",
    tests: ['answer/answer'],
  },
  {
    name: 'masked-answer-through-an-envelope',
    file: 'answer/answer.ts',
    find: '.send(text)',
    replace: '.send(JSON.parse(String(text)))',
    tests: ['answer/serialization'],
  },
  {
    name: 'response-schema-of-a-fault-ignored',
    file: 'answer/response-schema.ts',
    find: "    reply.getSerializationFunction('5xx') ??\n",
    replace: '',
    tests: ['answer/answer'],
  },
  {
    name: 'cookie-of-the-success-survives',
    file: 'answer/headers.ts',
    find: "  'set-cookie',\n",
    replace: '',
    tests: ['answer/answer'],
  },
  {
    name: 'raw-answer-sets-a-cookie',
    file: 'answer/raw.ts',
    find: 'survives(name, value) && isValidHeader(name, value)),\n  )',
    replace: 'isValidHeader(name, value)),\n  )',
    tests: ['guards/hooks'],
  },
  {
    name: 'cookie-of-an-upstream-is-sent',
    file: 'answer/head.ts',
    find: '|allow|(?:x-)',
    replace: '|allow|set-cookie|(?:x-)',
    tests: ['answer/head'],
  },
  {
    name: 'second-answer-on-an-upgraded-connection',
    file: 'answer/peer.ts',
    find: '      this.bytesWritten === this.#bytesBefore &&\n',
    replace: '',
    tests: ['server/listeners'],
  },
  {
    name: 'refusal-has-the-headers-of-the-success',
    file: 'answer/refusal.ts',
    find: '    if (!survives(name, response.getHeader(name))) forgetHeader(response, name)\n',
    replace: '',
    tests: ['answer/of-the-success'],
  },
  {
    name: 'accept-header-of-any-length-is-read',
    file: 'answer/negotiate.ts',
    find: 'if (accept.length > MAX_ACCEPT) return []',
    replace: 'if (accept.length > 1e9) return []',
    tests: ['answer/answer'],
    only: 'the kinds of answers',
  },
]
