/** One deliberate fault in `src`, of the kind that an edit could bring in. */
export interface Mutant {
  /** What goes wrong, in a few words with hyphens: `--only` takes it. */
  readonly name: string
  /** The file that it is in, below `src`. */
  readonly file: string
  /** A piece of that file, which is in it exactly once. */
  readonly find: string
  /** What stands there instead. It still compiles: what the compiler finds needs no test. */
  readonly replace: string
  /** The test files that ought to notice, without `.test.ts`. The first failure in any of them is enough. */
  readonly tests: readonly string[]
  /** The one test of them to run, by its whole name, where the rest would take long. */
  readonly only?: string
}
