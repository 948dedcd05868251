import { PARTS, type PartName } from '../../src/fastify/parts.ts'
import type { Edit } from '../support/edited-package.ts'

/** A Fastify that serves as before, and keeps one part elsewhere. */
export interface Renaming {
  /** The part that the refusal names. */
  readonly part: PartName
  readonly what: string
  readonly edits: readonly Edit[]
}

function symbol(part: PartName): Renaming {
  const { called } = PARTS[part]
  return {
    part,
    what: `the symbol ${called} is renamed`,
    edits: [[`Symbol('${called}')`, `Symbol('moved')`]],
  }
}

/** A field of compiled routes, wherever Fastify writes or reads it. */
function routeField(part: PartName, name: string): Renaming {
  return {
    part,
    what: `\`${name}\` of compiled routes is renamed`,
    edits: [
      [`this.${name} = ${name}`, `this.moved = ${name}`],
      [new RegExp(`((?:[cC]ontext|\\[kRouteContext\\])\\??)\\.${name}\\b`, 'g'), '$1.moved'],
    ],
  }
}

/** A hook that compiled routes hold. */
function routeHook(name: string): Renaming {
  return {
    part: 'routeHooks',
    what: `\`${name}\` of compiled routes is renamed`,
    edits: [
      ['context[hook] = ', `context[hook === '${name}' ? 'moved' : hook] = `],
      [`this.${name} = null`, 'this.moved = null'],
      [`context.${name}`, 'context.moved'],
    ],
  }
}

/** The symbol of the validators for one part of the request. */
function validators(part: string): Renaming {
  return {
    part: 'validators',
    what: `the symbol ${part}-schema is renamed`,
    edits: [[`Symbol('${part}-schema')`, `Symbol('moved')`]],
  }
}

const SCHEMA = routeField('validators', 'schema')

const PRINT = 'return router.printRoutes(opts)'

export const RENAMINGS: readonly Renaming[] = [
  symbol('children'),
  symbol('contentTypeParser'),
  symbol('hooks'),
  symbol('logController'),
  symbol('notFoundContext'),
  symbol('options'),
  symbol('replyClass'),
  symbol('serverBindings'),
  symbol('state'),
  { part: 'state', what: '`readyResolver` is renamed', edits: [[/\breadyResolver\b/g, 'moved']] },
  symbol('headers'),
  symbol('isError'),
  symbol('nextErrorHandler'),
  symbol('route'),
  symbol('trailers'),
  routeField('childLoggerFactory', 'childLoggerFactory'),
  routeField('config', 'config'),
  routeField('handler', 'handler'),
  routeField('server', 'server'),
  routeField('errorHandlerChain', 'errorHandler'),
  routeHook('onRequest'),
  routeHook('onTimeout'),
  {
    part: 'routeHooks',
    what: 'hooks are bound in another way',
    edits: [['.map(h => h.bind(this))', '.map(h => (...args) => h.apply(this, args))']],
  },
  {
    part: 'errorHandlerChain',
    what: 'the function of an error handler is renamed',
    edits: [
      ['func: defaultErrorHandler', 'moved: defaultErrorHandler'],
      ['errorHandler.func', 'errorHandler.moved'],
      ['this[kErrorHandler].func', 'this[kErrorHandler].moved'],
    ],
  },
  {
    part: 'errorHandlerChain',
    what: 'the next error handler is no prototype',
    edits: [
      ['Object.create(parent)', '{ next: parent }'],
      ['Object.getPrototypeOf(errorHandler)', '(errorHandler.next ?? {})'],
    ],
  },
  {
    part: 'errorHandlerChain',
    what: 'the mark of an error is not heeded',
    edits: [['if (this[kReplyIsError] || payload instanceof Error)', 'if (payload instanceof Error)']],
  },
  ...['body', 'headers', 'params', 'querystring'].map(validators),
  {
    ...SCHEMA,
    edits: [...SCHEMA.edits, ['const { schema } = context', 'const { moved: schema } = context']],
  },
  {
    part: 'contentTypeParser',
    what: '`customParsers` is renamed',
    edits: [['customParsers', 'moved']],
  },
  {
    part: 'contentTypeParser',
    what: 'the function of a parser is renamed',
    edits: [
      ['this.fn = fn', 'this.moved = fn'],
      [/(parser|get\(ct\))\.fn\b/g, '$1.moved'],
    ],
  },
  { part: 'logController', what: '`streamError` is renamed', edits: [[/\bstreamError\b/g, 'moved']] },
  { part: 'genReqId', what: '`genReqId` is renamed', edits: [[/\bgenReqId: \{/g, 'moved: {']] },
  {
    part: 'routeList',
    what: '`printRoutes` passes on what is documented',
    edits: [
      [
        PRINT,
        'const { method, commonPrefix, includeMeta } = opts\n' +
          '    return router.printRoutes({ method, commonPrefix, includeMeta })',
      ],
    ],
  },
  {
    part: 'routeList',
    what: '`printRoutes` leaves HEAD out',
    edits: [
      [
        PRINT,
        'const { buildPrettyMeta } = opts\n' +
          "    const get = () => (route) => route.method === 'HEAD' ? {} : buildPrettyMeta(route)\n" +
          "    return router.printRoutes(Object.defineProperty(opts, 'buildPrettyMeta', { get, set () {} }))",
      ],
    ],
  },
]
