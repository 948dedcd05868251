import { connect, type Socket } from 'node:net'

const CONNECTIONS = 32
const PIPELINED = 1
const START = Buffer.from('HTTP/1.1 ')

/**
 * Sends requests on a few connections, some at a time on each, and counts the answers. It parses as little as it
 * can, so that the server has the machine to itself.
 *
 * @throws Error When an answer has another status, or a connection ends.
 */
export async function load(port: number, path: string, status: number, requests: number): Promise<void> {
  const batches = Math.ceil(requests / CONNECTIONS / PIPELINED)
  await Promise.all(Array.from({ length: CONNECTIONS }, () => drive(port, path, status, batches)))
}

function drive(port: number, path: string, status: number, batches: number): Promise<void> {
  const batch = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(PIPELINED)
  const wanted = String(status)
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1')
    let left = batches
    let answers = 0
    let tail: Buffer = Buffer.alloc(0)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the connection ended early')))
    socket.on('connect', () => socket.write(batch))
    socket.on('data', (chunk) => {
      const bytes = tail.length === 0 ? chunk : Buffer.concat([tail, chunk])
      let from = 0
      for (let at = bytes.indexOf(START); at !== -1; at = bytes.indexOf(START, at + 1)) {
        const end = at + START.length + 3
        if (end > bytes.length) break
        if (bytes.toString('latin1', end - 3, end) !== wanted) {
          reject(new Error(`expected ${status}, got ${bytes.toString('latin1', end - 3, end)}`))
          socket.destroy()
        }
        answers += 1
        from = end
      }
      tail = bytes.subarray(Math.max(from, bytes.length - START.length - 2))
      if (answers < PIPELINED) return
      answers = 0
      left -= 1
      if (left > 0) {
        socket.write(batch)
      } else {
        socket.removeAllListeners('close')
        socket.destroy()
        resolve()
      }
    })
  })
}
