import { closeSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { clearInterval, setInterval } from 'node:timers'
import { attempt } from '../attempt.ts'
import { flushFile, makeFolder } from '../whole-file.ts'
import { HEADER_AT, MARK_BYTES, MARKS, MARKS_AT, NAMES_AT, NAMES_BYTES, TEXT_BYTES } from './layout.ts'

/** Milliseconds between two signs that the process lives. */
const SIGN_PERIOD = 1_000
/** What ends the header, which is shorter than its part. */
const NOTHING: Buffer = Buffer.alloc(1)

/**
 * The file of the recorder, as the main thread writes it. No method throws: the first failure is told, and nothing is
 * written after it.
 */
export class FlightFile {
  readonly path: string
  readonly #onFailure: (error: unknown) => void
  #file: number | undefined = undefined
  #hasFailed = false
  #namesEnd = NAMES_AT
  #sign: NodeJS.Timeout | undefined = undefined

  constructor(path: string, onFailure: (error: unknown) => void) {
    this.path = resolve(path)
    this.#onFailure = onFailure
  }

  get isOpen(): boolean {
    return this.#file !== undefined
  }

  /** Makes the file, for its owner only, and its folder where that is missing. */
  open(folder: string): void {
    if (this.#hasFailed) return
    this.#try(() => {
      makeFolder(resolve(folder))
      this.#namesEnd = NAMES_AT
      // of an app of this process that has closed
      rmSync(this.path, { force: true })
      // 'wx' fails where a file or link exists, so that it never writes through a link that somebody planted
      this.#file = openSync(this.path, 'wx', 0o600)
      // reserves the place on the disk, so that it can be written later even if the disk is full then
      writeSync(this.#file, Buffer.alloc(NAMES_AT), 0, NAMES_AT, 0)
      // No thread writes it before the app listens, and in a container only its age tells that the process lives.
      this.#sign = setInterval(() => this.#write(NOTHING, HEADER_AT + TEXT_BYTES - 1), SIGN_PERIOD)
      this.#sign.unref()
    })
  }

  /** Writes one of the parts that hold a text, cut to its size. */
  writeText(at: number, text: string): void {
    const bytes = Buffer.alloc(TEXT_BYTES)
    bytes.write(text, 0, TEXT_BYTES - 1)
    this.#write(bytes, at)
  }

  /** Writes everything to the disk, for what has to outlive the machine too. */
  sync(): void {
    this.#try(() => this.#file !== undefined && flushFile(this.#file))
  }

  /** Writes a request as it arrives. */
  mark(bytes: Uint8Array, number: number): void {
    this.#write(bytes, MARKS_AT + (number & (MARKS - 1)) * MARK_BYTES)
  }

  /** Adds a line to the names, where there is room. */
  addName(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#namesEnd + bytes.length > NAMES_AT + NAMES_BYTES) return
    this.#write(bytes, this.#namesEnd)
    this.#namesEnd += bytes.length
  }

  close(): void {
    clearInterval(this.#sign)
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) this.#try(() => closeSync(file))
  }

  /** Closes it and takes it away. */
  remove(): void {
    if (!this.isOpen) return
    this.close()
    this.#try(() => unlinkSync(this.path))
  }

  #write(bytes: Uint8Array, at: number): void {
    const file = this.#file
    if (file === undefined) return
    try {
      writeSync(file, bytes, 0, bytes.length, at)
    } catch (error) {
      this.fail(error)
    }
  }

  #try(step: () => void): void {
    try {
      step()
    } catch (error) {
      this.fail(error)
    }
  }

  /** Ends the recording because of a failure, and takes the file away: without an end it would tell of a death. */
  fail(error: unknown): void {
    clearInterval(this.#sign)
    const file = this.#file
    this.#file = undefined
    if (file !== undefined) {
      attempt(() => closeSync(file), undefined)
      attempt(() => unlinkSync(this.path), undefined)
    }
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#onFailure(error)
  }
}
