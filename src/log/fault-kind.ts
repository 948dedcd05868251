/** Of faults that are held back, at least one in this many is read. */
const READ_ONE_IN = 16

/** How much earlier the next one may be read: of two bugs that take turns, every sixteenth may always be the same. */
const SPREAD = 2

/**
 * The faults of one window that are alike without their stacks. They are taken for one bug until one of them turns out
 * to be another: from then on each is read.
 */
export class FaultKind {
  /** That of the first of them. */
  readonly fingerprint: string
  #isMixed = false
  #unread = 0

  constructor(fingerprint: string) {
    this.fingerprint = fingerprint
  }

  /**
   * Returns the fingerprint under which the next fault counts.
   *
   * @param isHeldBack Whether it is not logged, so that nothing else has to read its stack.
   */
  fingerprintOf(fault: { readonly fingerprint: string }, isHeldBack: boolean): string {
    if (isHeldBack && !this.#isMixed && this.#skipsOne()) return this.fingerprint
    const { fingerprint } = fault
    if (fingerprint !== this.fingerprint) this.#isMixed = true
    return fingerprint
  }

  #skipsOne(): boolean {
    this.#unread += 1
    if (this.#unread < READ_ONE_IN) return true
    this.#unread = Math.floor(Math.random() * SPREAD)
    return false
  }
}
