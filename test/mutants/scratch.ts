import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Mutant } from './mutant.ts'
import { mutate, sourceOf } from './mutants.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
/** A copy has its own, or does without. */
const LEFT_OUT: ReadonlySet<string> = new Set(['.git', 'build', 'dist', 'node_modules', 'src'])

/**
 * A copy of the compiled project whose source may be broken. It lies inside of the project, so that packages are
 * found, and every file that tests read lies where it lay.
 */
export class Scratch {
  readonly folder: string

  /** @param name Its folder's name, below `build/mutants`. */
  constructor(name: string) {
    this.folder = join(ROOT, 'build', 'mutants', name)
    rmSync(this.folder, { recursive: true, force: true })
    mkdirSync(join(this.folder, 'tmp'), { recursive: true })
    for (const name of readdirSync(ROOT)) {
      if (!LEFT_OUT.has(name)) symlinkSync(join(ROOT, name), join(this.folder, name))
    }
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'))
    cpSync(join(ROOT, 'src'), join(this.folder, 'src'), { recursive: true })
    for (const part of ['src', 'test']) {
      cpSync(join(ROOT, 'build', part), join(this.folder, 'build', part), { recursive: true })
    }
    const config = {
      extends: './tsconfig.base.json',
      compilerOptions: {
        rootDir: 'src',
        outDir: 'build/src',
        declaration: false,
        isolatedDeclarations: false,
        // most of the time would go into what is the same for every mutant
        incremental: true,
        tsBuildInfoFile: 'build/src.tsbuildinfo',
      },
      include: ['src'],
    }
    writeFileSync(join(this.folder, 'tsconfig.mutants.json'), JSON.stringify(config))
  }

  /**
   * Compiles the source with one fault in it, and nothing of the one before.
   *
   * @throws Error where it does not compile.
   */
  async breakWith(mutant: Mutant): Promise<void> {
    const file = join(this.folder, 'src', mutant.file)
    writeFileSync(file, mutate(mutant))
    try {
      await promisify(execFile)(process.execPath, [
        COMPILER,
        '-p',
        join(this.folder, 'tsconfig.mutants.json'),
      ])
    } catch (error) {
      const { stdout } = error as { stdout?: string }
      throw new Error(`Mutant ${mutant.name} does not compile:\n${stdout}`)
    } finally {
      writeFileSync(file, sourceOf(mutant))
    }
  }
}
