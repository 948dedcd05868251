import { type Body, post, type Way } from '../way.ts'

/** Sets what a path names, and forgets which names are not the client's. */
function setPath(into: Body, path: string, value: unknown): void {
  const names = path.split('.')
  const last = names.pop() ?? ''
  let target = into
  for (const name of names) target = target[name]
  target[last] = value
}

function pollution(...keys: readonly (readonly [name: string, value: unknown])[]): Way {
  const setting = post(
    (body) => {
      setPath({}, body.path, body.value)
      return 'ok'
    },
    ...keys.map(([name, value]) => ({ path: `__proto__.${name}`, value })),
  )
  return { ...setting, times: 40 }
}

/** A path that a client sends, and that leads to the prototype of all objects. */
export const toThePrototype: Readonly<Record<string, Way>> = {
  'Object.prototype: get': pollution(['get', 'x']),
  'Object.prototype: toString': pollution(['toString', 'x']),
  'Object.prototype: signal': pollution(['signal', 'x']),
  'Object.prototype: then and callbacks': pollution(
    ['then', 'x'],
    ['onFault', 'x'],
    ['toJSON', 'x'],
    ['callback', 'x'],
    ['domain', 'x'],
  ),
  'Object.prototype: what errors have': pollution(
    ['isolate', false],
    ['statusCode', 200],
    ['expose', true],
    ['code', 'EMFILE'],
    ['fatal', true],
    ['exitCode', 9],
    ['name', 'FatalError'],
    ['stack', 'x'],
    ['errors', [1]],
    ['cause', 'x'],
  ),
  'Object.prototype: what streams and sockets take': pollution(
    ['highWaterMark', 1],
    ['objectMode', true],
    ['encoding', 'x'],
    ['allowHalfOpen', 'x'],
    ['emitClose', false],
    ['autoDestroy', false],
    ['captureRejections', true],
    ['noDelay', 'x'],
    ['timeout', 1],
  ),
  'Object.prototype: fd, length and numbers': pollution(['fd', 1], ['length', 1e9], ['0', 'x'], ['1', 'x']),
}
