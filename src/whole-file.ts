import {
  closeSync,
  existsSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { attempt } from './attempt.ts'

/** A user and a group, by their numbers. */
export interface FileOwner {
  readonly uid: number
  readonly gid: number
}

/**
 * Writes a file for its owner only and atomically: a reader sees the whole file or none, also after a power cut. An
 * existing file is replaced.
 *
 * @param temporary A path in the same folder where no file stands, which is written first.
 * @param may Asked when all is written and before anything is replaced.
 * @param owner Whom it shall belong to. Default: the user of this process.
 * @returns False where `may` said no. Nothing is replaced then.
 * @throws Node's error of a full or read-only disk. Nothing is left at `temporary` then.
 */
export function writeWholeFile(
  path: string,
  temporary: string,
  text: string,
  may: () => boolean = () => true,
  owner?: FileOwner,
): boolean {
  try {
    writeFile(temporary, text, owner)
    if (!may()) {
      attempt(() => unlinkSync(temporary), undefined)
      return false
    }
    renameSync(temporary, path)
  } catch (error) {
    // It may not exist, or the disk may refuse this too.
    attempt(() => unlinkSync(temporary), undefined)
    throw error
  }
  // A file system may not let a folder be opened: the file is written then, but may not survive a power cut.
  attempt(() => syncFolder(dirname(path)), undefined)
  return true
}

/**
 * Creates a folder for its owner only, and those above it. Node's recursive `mkdirSync` never returns where a file
 * system answers ENOENT every time, as /proc does.
 */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Any other error shows when a file is written.
    if (code !== 'ENOENT' || dirname(folder) === folder || existsSync(dirname(folder))) return
    makeFolder(dirname(folder))
    mkdirSync(folder, { mode: 0o700 })
  }
}

function writeFile(path: string, text: string, owner: FileOwner | undefined): void {
  // 'wx' fails where a file or link exists, so that it never writes through a link that somebody planted.
  const file = openSync(path, 'wx', 0o600)
  try {
    const bytes = Buffer.from(text)
    if (owner !== undefined) fchownSync(file, owner.uid, owner.gid)
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written)
    flushFile(file)
  } finally {
    closeSync(file)
  }
}

/**
 * Flushes a file to the disk. Node's permission model forbids that, whatever it allows else: what is written then may
 * not survive a power cut.
 *
 * @throws Node's error of a disk that fails.
 */
export function flushFile(file: number): void {
  try {
    fsyncSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ACCESS_DENIED') throw error
  }
}

/** Flushes a rename to the disk. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
