/** Bytes around what a half holds: its number and its length before, the number behind. */
const AROUND = 12

/**
 * Writes two halves of a file in turn, each with a number that goes up at both ends: whenever the process dies, one of
 * them is whole.
 */
export class TwoHalves {
  /** What is to be written: fill it from the start. */
  readonly body: Buffer
  readonly #bytes: Buffer
  readonly #at: number
  readonly #write: (bytes: Uint8Array, at: number) => void
  #number = 0

  /**
   * @param at Where the first half begins in the file.
   * @param size Bytes of a half.
   * @param write Writes bytes to a place of the file.
   */
  constructor(at: number, size: number, write: (bytes: Uint8Array, at: number) => void) {
    this.#at = at
    this.#write = write
    this.#bytes = Buffer.alloc(size)
    this.body = this.#bytes.subarray(8, size - 4)
  }

  /** Writes the first bytes of the body. */
  write(length: number): void {
    this.#number += 1
    this.#bytes.writeUInt32LE(this.#number, 0)
    this.#bytes.writeUInt32LE(length, 4)
    this.#bytes.writeUInt32LE(this.#number, 8 + length)
    const half = this.#number % 2
    this.#write(this.#bytes.subarray(0, length + AROUND), this.#at + half * this.#bytes.length)
  }
}

/**
 * Reads the newer of the halves that are whole; undefined where none is.
 *
 * @param least Bytes that a whole one has at least.
 */
export function readHalves(file: Buffer, at: number, size: number, least: number): Buffer | undefined {
  let newest = 0
  let body: Buffer | undefined
  for (const start of [at, at + size]) {
    const half = file.subarray(start, start + size)
    if (half.length < AROUND) continue
    const number = half.readUInt32LE(0)
    const length = half.readUInt32LE(4)
    if (number <= newest || length < least || length > half.length - AROUND) continue
    if (half.readUInt32LE(8 + length) !== number) continue
    newest = number
    body = half.subarray(8, 8 + length)
  }
  return body
}
