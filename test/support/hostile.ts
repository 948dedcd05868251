import vm from 'node:vm'

/** A Proxy each of whose traps throws. */
export function throwingProxy(target: object = {}): object {
  const trap = (): never => {
    throw new Error('trap')
  }
  const names = Object.getOwnPropertyNames(Reflect) as (keyof ProxyHandler<object>)[]
  return new Proxy(target, Object.fromEntries(names.map((name) => [name, trap])))
}

/** A revoked Proxy of an object, an array or a function. */
export function revokedProxy(target: object = {}): object {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

/** An Error all of whose well-known properties throw when read. */
export function throwingGetters(): Error {
  const error = new Error('hidden')
  const names = [
    // The stack first: V8 makes it at the first access, from the others.
    'stack name message code statusCode status headers cause errors expose validation validationContext',
    'constructor toJSON toString then',
  ].join(' ')
  for (const name of names.split(' ')) {
    Object.defineProperty(error, name, {
      get() {
        throw new Error('getter')
      },
    })
  }
  Object.defineProperty(error, Symbol.toStringTag, {
    get() {
      throw new Error('getter')
    },
  })
  return error
}

/** An Error that is its own cause's cause. */
export function cyclicError(): Error {
  const inner = new Error('inner')
  const outer = new Error('outer', { cause: inner })
  inner.cause = outer
  return outer
}

/** Values that are hard to handle safely when a route throws them, by name. */
export function hostileValues(): [string, unknown][] {
  const frozen = Object.freeze(new Error('frozen'))
  const circular: Record<string, unknown> = {}
  circular.self = circular
  const selfAggregate = new AggregateError([], 'self')
  selfAggregate.errors.push(selfAggregate, revokedProxy(), undefined)
  return [
    ['undefined', undefined],
    ['null', null],
    ['a string', 'text'],
    ['an empty string', ''],
    ['a number', 42],
    ['NaN', Number.NaN],
    ['a bigint', 10n],
    ['a symbol', Symbol('s')],
    ['a boolean', false],
    ['a function', () => 1],
    ['a class', class Thing {}],
    ['a plain object', { a: 1 }],
    ['an object without a prototype', Object.create(null)],
    ['a circular object', circular],
    ['an array', [1, 2]],
    ['a promise', Promise.resolve(1)],
    ['a frozen error', frozen],
    ['a sealed error', Object.seal(new Error('sealed'))],
    ['an error with throwing getters', throwingGetters()],
    ['an error with odd properties', Object.assign(new Error('odd'), oddProperties())],
    ['a throwing Proxy', throwingProxy()],
    ['a throwing Proxy of an error', throwingProxy(new Error('inner'))],
    ['a throwing Proxy of a function', throwingProxy(() => 1)],
    ['an object with a throwing prototype', Object.create(throwingProxy())],
    ['a revoked Proxy', revokedProxy()],
    ['a revoked Proxy of an array', revokedProxy([])],
    ['a revoked Proxy of a function', revokedProxy(() => 1)],
    ['an error of another realm', vm.runInNewContext('new TypeError("foreign")')],
    ['a cyclic cause', cyclicError()],
    ['an AggregateError that holds itself', selfAggregate],
    ['a DOMException', new DOMException('aborted', 'AbortError')],
    ['a hostile cause', new Error('outer', { cause: throwingProxy() })],
    ['errors whose length is a symbol', withLength(Symbol('length'))],
    ['errors whose length throws', withLength({ valueOf: () => throwingProxy(() => 1) })],
    ['errors without an end', withLength(Number.POSITIVE_INFINITY)],
    ['hostile errors', Object.assign(new Error('outer'), { errors: revokedProxy([]) })],
    ['a message of 10 MB', new Error('m'.repeat(10 * 1024 * 1024))],
    ['a string of 10 MB', 's'.repeat(10 * 1024 * 1024)],
    ['an object that claims everything', new Proxy({}, { get: () => true })],
  ]
}

function withLength(length: unknown): Error {
  const errors = new Proxy([], { get: (_, key) => (key === 'length' ? length : undefined) })
  return Object.assign(new Error('outer'), { errors })
}

function oddProperties(): Record<string, unknown> {
  return {
    name: Symbol('name'),
    message: { toString: null },
    stack: 42,
    code: {},
    cause: null,
    errors: { length: Number.POSITIVE_INFINITY },
    headers: 'x',
    statusCode: 'abc',
  }
}
