/** What the listeners of an event are called with. */
export interface ServerEvent {
  /** Whether the first argument is a request. */
  readonly hasRequest: boolean
  /** Which argument is the response, socket, session or stream. */
  readonly peer: 0 | 1
  /** Whether HTTP/1 is spoken on the socket, and its client waits for an answer. */
  readonly mayAnswer: boolean
  /**
   * Whether listeners run in an asynchronous context of the connection. `request` listeners do not, since it costs
   * time, nor do those of new connections: Node's own would pass it on to all that comes on the connection.
   */
  readonly keepsContext: boolean
}

const EXCHANGE: ServerEvent = { hasRequest: true, peer: 1, mayAnswer: true, keepsContext: true }
const CONNECTION: ServerEvent = { hasRequest: false, peer: 0, mayAnswer: false, keepsContext: false }

/** The events of Node's servers that are about one client. */
export const SERVER_EVENTS: ReadonlyMap<string, ServerEvent> = new Map(
  Object.entries({
    request: { ...EXCHANGE, keepsContext: false },
    checkContinue: EXCHANGE,
    checkExpectation: EXCHANGE,
    upgrade: EXCHANGE,
    connect: EXCHANGE,
    clientError: { ...CONNECTION, peer: 1, mayAnswer: true, keepsContext: true },
    tlsClientError: { ...CONNECTION, peer: 1 },
    connection: CONNECTION,
    secureConnection: CONNECTION,
    timeout: CONNECTION,
    unknownProtocol: CONNECTION,
    drop: CONNECTION,
    session: { ...CONNECTION, keepsContext: true },
    sessionError: { ...CONNECTION, peer: 1, keepsContext: true },
    stream: { ...CONNECTION, keepsContext: true },
  }),
)
