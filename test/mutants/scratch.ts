import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Mutant } from './mutant.ts'
import { mutate, sourceOf } from './mutants.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
/** A copy has its own, or does without. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'build', 'dist', 'node_modules', 'src', 'test'])

/**
 * A copy of the project whose source may be broken. It lies inside of the project, so that packages are
 * found, and every file that tests read lies where it lay.
 */
export class Scratch {
  readonly folder: string
  #mend: () => void = () => {}

  /** @param name Its folder's name, below `build/mutants`. */
  constructor(name: string) {
    this.folder = join(ROOT, 'build', 'mutants', name)
    rmSync(this.folder, { recursive: true, force: true })
    mkdirSync(join(this.folder, 'tmp'), { recursive: true })
    for (const name of readdirSync(ROOT)) {
      if (!LEFT_OUT.has(name)) symlinkSync(join(ROOT, name), join(this.folder, name))
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'))
    const filter = (path: string): boolean => basename(path) !== 'node_modules'
    for (const part of ['src', 'test']) {
      cpSync(join(ROOT, part), join(this.folder, part), { recursive: true, filter })
    }
    const config = {
      extends: './tsconfig.json',
      // most of the time would go into what is the same for every mutant
      compilerOptions: { incremental: true, tsBuildInfoFile: 'build/src.tsbuildinfo' },
      include: ['src'],
    }
    writeFileSync(join(this.folder, 'tsconfig.mutants.json'), JSON.stringify(config))
  }

  /**
   * Puts one fault into the source, and takes out the one before.
   *
   * @throws Error where the compiler finds it.
   */
  async breakWith(mutant: Mutant): Promise<void> {
    this.#mend()
    const file = join(this.folder, 'src', mutant.file)
    this.#mend = () => writeFileSync(file, sourceOf(mutant))
    writeFileSync(file, mutate(mutant))
    const config = join(this.folder, 'tsconfig.mutants.json')
    try {
      await promisify(execFile)(process.execPath, [COMPILER, '-p', config])
    } catch (error) {
      const { stdout } = error as { stdout?: string }
      throw new Error(`Mutant ${mutant.name} does not compile:\n${stdout}`)
    }
  }
}
