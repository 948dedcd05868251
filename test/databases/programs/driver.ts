/** What the program must know of a driver. */
export interface Driver<Client = unknown> {
  /** A client or a pool of at most one connection, not connected yet. */
  connect(port: number): Client
  /** Connects, if it has to. */
  ping(client: Client): Promise<unknown>
  /**
   * Uses that go wrong, by name. `awaited` returns the promise, the others let an error escape.
   *
   * @param bug A callback that throws.
   */
  readonly uses: Readonly<Record<string, (client: Client, bug: () => never, port: number) => unknown>>
}
