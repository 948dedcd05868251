/** An error as Node itself makes it: its trace begins in Node. */
export function errorOfNode(code: string, message: string): Error {
  const stack = `Error: ${message}\n    at openSync (node:fs:573:18)\n    at load (/app/load.js:3:5)`
  return Object.assign(new Error(message), { code, stack })
}
