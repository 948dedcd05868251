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
  /** Options that the plugin gets for this case alone, as JSON has them. */
  readonly options?: object
  readonly work: Work
  /** What a part of the requests asks for instead: in a closed loop every so many, in an open one at random. */
  readonly failing?: { readonly work: Work; readonly every: number }
  /**
   * Whether the requests come by themselves, and the response time of those that succeed is measured. Otherwise a
   * number of connections send one after the other, and the CPU time is measured.
   */
  readonly isOpen?: boolean
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

/**
 * What is measured with requests. Those that need the same process have it one after the other, in this order: what
 * an earlier one did to the compiler is there for a later one.
 */
export const CASES: Readonly<Record<string, Case>> = {
  success: { title: 'success, logger off', logs: false, work: TEXT },
  awaits: { title: 'success with JSON body and three awaits', logs: false, work: JSON_BODY },
  silent: { title: 'every request throws, logger off', logs: false, work: THROW },
  logged: { title: 'success, logger on', logs: true, work: TEXT },
  fails: { title: 'every request throws, logger on', logs: true, work: THROW },
  seldom: {
    title: 'every 50th request throws, below the burst of the log, logger on',
    logs: true,
    options: { log: { burst: 1e9 } },
    work: TEXT,
    failing: { work: THROW, every: 50 },
  },
  mixed: {
    title: 'healthy route while 20 % of the traffic fails',
    logs: true,
    work: TEXT,
    failing: { work: THROW, every: 5 },
    isOpen: true,
  },
}

/** The case that is measured with processes: what a plugin adds to the start of an app. */
export const STARTUP = 'startup'

/** How each case is called, in the order of the page. */
export const TITLES: ReadonlyMap<string, string> = new Map([
  ...Object.entries(CASES).map(([name, { title }]): [string, string] => [name, title]),
  [STARTUP, 'import + register'],
])

/** The cases by the processes that they need, each with those that share a process. */
export function groupsOf(names: readonly string[]): string[][] {
  const keyOf = (name: string): string => {
    const { logs, options, isOpen } = CASES[name] as Case
    return JSON.stringify([logs, options, isOpen])
  }
  const cases = names.filter((name) => name in CASES)
  return [...new Set(cases.map(keyOf))].map((key) => cases.filter((name) => keyOf(name) === key))
}

/** What the n-th request of a closed loop asks for. */
export function workOf({ work, failing }: Case, index: number): Work {
  return failing !== undefined && index % failing.every === failing.every - 1 ? failing.work : work
}
