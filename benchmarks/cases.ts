/** One kind of request. */
export interface Work {
  readonly bytes: Buffer
  /** The status that it has to be answered with. */
  readonly status: number
}

/** What a server is asked to do while it is measured. */
export interface Case {
  readonly title: string
  /** Whether the server logs, to nowhere. */
  readonly logs: boolean
  readonly work: Work
  /** What a share of the traffic asks for instead. Its own response times are not counted. */
  readonly failing?: Work
}

function get(path: string, status: number): Work {
  return { bytes: Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`), status }
}

function post(path: string, body: string): Work {
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json`
  return {
    bytes: Buffer.from(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`),
    status: 200,
  }
}

const TEXT = get('/text', 200)
const THROW = get('/throw', 500)
const JSON_BODY = post('/json', JSON.stringify({ name: 'somebody', tags: ['a', 'b', 'c'] }))

/** What is measured with requests. */
export const CASES: Readonly<Record<string, Case>> = {
  success: { title: 'success, logger off', logs: false, work: TEXT },
  logged: { title: 'success, logger on', logs: true, work: TEXT },
  awaits: { title: 'success with JSON body and three awaits', logs: false, work: JSON_BODY },
  fails: { title: 'every request throws, logger on', logs: true, work: THROW },
  silent: { title: 'every request throws, logger off', logs: false, work: THROW },
  mixed: { title: 'healthy route while 20 % of the traffic fails', logs: true, work: TEXT, failing: THROW },
}

/** The case that is measured with processes: what a plugin adds to the start of an app. */
export const STARTUP = 'startup'

/** The share of the traffic that fails where a part of it does. */
export const FAILING_SHARE = 0.2

/** How each case is called, in the order of the page. */
export const TITLES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(CASES).map(([name, { title }]): [string, string] => [name, title]),
  [STARTUP, 'import + register'],
])
