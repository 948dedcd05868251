import type { RequestHead } from './fault-sinks.ts'

/** What a hostile client, or an unlucky day, may make of an error. `make` gives a new one each time. */
export interface HostileShape {
  readonly name: string
  make(): unknown
  /** More of it that cannot be had without being listed, as by `Object.keys()`. */
  readonly listed?: (value: never) => unknown
}

const FRAME = '\n    at handler (/srv/app/routes/pay.js:10:5)'

/** A text in memory of its own: one that is put together at its first use would cost that use. */
function textOf(unit: string, length: number): string {
  return Buffer.from(unit.repeat(Math.ceil(length / unit.length)).slice(0, length), 'utf16le').toString(
    'utf16le',
  )
}

/** What regular expressions and searches for frames find hardest. */
const UNITS: Readonly<Record<string, string>> = {
  letters: 'm',
  digits: '1',
  'hexadecimal digits': 'abcdef ',
  UUIDs: '123e4567-e89b-12d3-a456-426614174000 ',
  'line breaks': '\n',
  'lines that look like frames': FRAME,
  spaces: ' ',
  quotes: '"',
  'lone surrogates': '\ud800',
  'control sequences': '\u001b[31m',
}

function keys(count: number): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, i]))
}

function chain(length: number): Error {
  let error = new Error('innermost')
  for (let i = 0; i < length; i += 1) error = new Error('outer', { cause: error })
  return error
}

function tree(depth: number): Error {
  if (depth === 0) return new Error('leaf')
  return new AggregateError(Array.from({ length: 10 }, () => tree(depth - 1)))
}

function cyclic(): Error {
  const inner = new AggregateError([])
  const outer = new Error('outer', { cause: inner })
  inner.errors.push(outer, inner)
  return outer
}

function withErrors(get: ProxyHandler<unknown[]>['get'] & {}): Error {
  return Object.assign(new Error('m'), { errors: new Proxy([], { get }) })
}

/**
 * Returns the shapes.
 *
 * @param length Characters of a long text.
 * @param count How many of something there are.
 */
export function hostileShapes(length: number, count: number): HostileShape[] {
  const long = textOf('x', length)
  const bigint = BigInt(`0x${textOf('f', Math.min(length, 1_000_000))}`)
  const wide = keys(count)
  const symbols = Object.fromEntries(Array.from({ length: count }, (_, i) => [Symbol(`key${i}`), i]))
  const deep = chain(count)
  const many = new Array<Error>(count * 10).fill(new Error('member'))
  const nested = tree(4)
  const members = new Map(Array.from({ length: count }, (_, i) => [i, i]))
  const message = (unit: string): (() => Error) => {
    const text = textOf(unit, length)
    return () => new Error(text)
  }
  const withStack = (stack: string): (() => Error) => {
    return () => Object.assign(new Error('m'), { stack })
  }
  const shape = (name: string, make: () => unknown, listed?: HostileShape['listed']): HostileShape =>
    listed === undefined ? { name, make } : { name, make, listed }
  return [
    ...Object.entries(UNITS).map(([name, unit]) => shape(`a message of ${name}`, message(unit))),
    shape('a stack of one line', withStack(long)),
    shape('a stack of lines without frames', withStack(textOf('x\n', length))),
    shape('a stack of frames', withStack(`Error: m${textOf(FRAME, length)}`)),
    shape('a stack of parts of frames', withStack(textOf('\n    a', length))),
    shape('a stack of one long frame', withStack(`Error: m\n    at ${textOf(':1', length)}`)),
    shape('a stack that throws', () =>
      Object.defineProperty(new Error('m'), 'stack', {
        get() {
          throw new Error('getter')
        },
      }),
    ),
    shape('a long name', () => Object.assign(new Error('m'), { name: long })),
    shape('a long code', () => Object.assign(new Error('m'), { code: long })),
    shape('a chain of causes', () => new Error('m', { cause: deep })),
    shape('a circle of causes and members', cyclic),
    shape('an AggregateError of many', () => new AggregateError(many)),
    shape('AggregateErrors in each other', () => new AggregateError([nested])),
    shape('errors without a length', () =>
      withErrors((target, key) => (key === 'length' ? Symbol('none') : Reflect.get(target, key))),
    ),
    shape('errors without an end', () => withErrors((_, key) => (key === 'length' ? 1e9 : key))),
    shape('many properties', () => Object.assign(new Error('m'), wide)),
    shape(
      'many headers',
      () => Object.assign(new Error('m'), { statusCode: 503, headers: wide }),
      () => Object.keys(wide),
    ),
    shape('an object with many keys', () => ({ ...wide })),
    shape('an object with many symbols', () => ({ ...symbols })),
    shape(
      'an object that holds one with many keys',
      () => ({ body: [wide] }),
      () => Object.keys(wide),
    ),
    shape('a Proxy of an object with many keys', () => new Proxy({ ...wide }, {})),
    shape(
      'a Proxy with many keys of its own',
      () =>
        new Proxy(
          {},
          {
            ownKeys: () => Object.keys(wide),
            getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }),
          },
        ),
    ),
    shape('a promise of an object with many keys', () => Promise.resolve(wide)),
    shape('an iterator of a Map with many', () => members.entries()),
    shape('a Map with many', () => members),
    shape('a long string', () => long),
    shape('a long String object', () => new String(long)),
    shape('an object with a long String object', () => ({ text: new String(long) })),
    shape('a long bigint', () => bigint),
    shape('an object with a long bigint', () => ({ bigint, boxed: Object(bigint) })),
    shape('a long symbol', () => Symbol(long)),
    shape('a Buffer', () => Buffer.alloc(length, 97)),
    shape('an object with an error with a long message', () => ({ error: message('\n')() })),
    shape('an error with an object for a message', () =>
      Object.assign(new Error(), { message: { error: new Error(long) } }),
    ),
  ]
}

/** What a client may send in the head of a request, at most so many characters of it. */
export function hostileHeads(length: number): [name: string, head: RequestHead][] {
  const accepts = [',', 'text/html,', 'text/html;q=0.1,', 'text/html;a="', 'application/problem+json,', ' ']
  const many = Array.from({ length: length / 8 }, (_, i) => `;p${i}=1`).join('')
  return [
    ...accepts.map((unit): [string, RequestHead] => [
      `Accept: ${unit}${unit}…`,
      { headers: { accept: `text/html,application/problem+json,${textOf(unit, length)}` } },
    ]),
    ['Accept with many parameters', { headers: { accept: `text/html${many}` } }],
    ['Accept-Encoding', { headers: { 'accept-encoding': textOf('gzip,', length) } }],
    ['Accept-Language', { headers: { 'accept-language': textOf('de;q=0.1,', length) } }],
    ['a long id', { headers: { 'x-request-id': textOf('1', length) } }],
    ['a long URL', { url: `/${textOf('%20', length)}?${textOf('a=1&', length)}` }],
  ]
}

/**
 * Does once what nobody who handles an error can avoid: V8 makes its stack, its texts are read, its keys are listed.
 */
export function touch({ listed }: HostileShape, value: unknown): void {
  listed?.(value as never)
  if (typeof value === 'string') value.indexOf('\n    at nowhere')
  if (typeof value !== 'object' || value === null) return
  for (const name of ['stack', 'message', 'name', 'code']) {
    try {
      const text: unknown = (value as Record<string, unknown>)[name]
      if (typeof text === 'string') text.indexOf('\n    at nowhere')
    } catch {
      // a getter that throws
    }
  }
  if (!ArrayBuffer.isView(value) && !(value instanceof String)) Reflect.ownKeys(value)
}
