import { symbolOf } from '../../src/symbol-of.ts'

/** The symbol that Node puts on its own errors. */
const OF_NODE = symbolOf(aNodeError(), 'kIsNodeError') ?? Symbol('missing')

function aNodeError(): object {
  try {
    Buffer.alloc('x' as never)
  } catch (error) {
    return error as object
  }
  return {}
}

/** An error as Node itself makes it: its trace begins in Node, and it has Node's symbol. */
export function errorOfNode(code: string, message: string): Error {
  const error = errorOfUpstream(code, message)
  return Object.defineProperty(error, OF_NODE, { value: true })
}

/** An error of Node's in another process, as it is made again from the JSON that was sent: its stack is of that process. */
export function errorOfUpstream(code: string, message: string): Error {
  const stack = `Error: ${message}\n    at openSync (node:fs:573:18)\n    at load (/app/load.js:3:5)`
  return Object.assign(new Error(message), { code, stack })
}
