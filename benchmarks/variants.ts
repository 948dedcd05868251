import { existsSync, readFileSync } from 'node:fs'
import { STARTUP } from './cases.ts'

const HERE = new URL('./', import.meta.url)

/** A server that is measured. */
export interface Variant {
  readonly title: string
  /** Its program: `servers/NAME.js`. */
  readonly server: string
  /** What the plugin is given, as JSON has it. */
  readonly options?: object
  /** The package that has to be installed in `benchmarks` for it. */
  readonly needs?: string
  /** Whether it is the app of the others with something added. Default: true. */
  readonly isFastify?: boolean
  /** The cases that it stands in, where that is not all that can be. */
  readonly cases?: readonly string[]
  /** How many processes are enough, where no aim is compared with it. */
  readonly processes?: number
  /** The share of requests that are sent on top of those that count: a cost that is known. Default: 0. */
  readonly extra?: number
}

/** What all others are compared with. Where a part of the traffic fails, it is spared that part. */
export const BARE = 'bare'

export type Variants = Readonly<Record<string, Variant>>

/** Other packages get fewer processes: no aim is about a small difference to them. */
const PEER = { processes: 2, cases: ['success', 'awaits', 'silent', 'logged', 'fails', STARTUP] } as const

/**
 * Bare Fastify with a part of what the plugin cannot do without, each with those before it: what of its cost no way round is
 * known of.
 */
const STEP = { server: 'steps', cases: ['success'], processes: 3 } as const

/** Everything that is measured, in the order of the page. One more takes one more entry. */
export const VARIANTS: Variants = {
  [BARE]: { title: 'bare Fastify', server: 'fastify' },
  failing: { title: 'bare Fastify, with failing traffic', server: 'fastify', cases: ['mixed'] },
  isolate: { title: 'fastify-isolate', server: 'isolate' },
  'escapes-off': {
    title: 'fastify-isolate, `escapes: false`',
    server: 'isolate',
    options: { escapes: false },
    cases: ['success', 'logged', 'fails', STARTUP],
  },
  runaway: {
    title: 'fastify-isolate, `runaway: { after }`',
    server: 'isolate',
    options: { runaway: { after: 10_000 } },
    cases: ['success'],
  },
  recorder: {
    title: 'fastify-isolate, `recorder: { dir }`',
    server: 'recorder',
    cases: ['success'],
  },
  hook: { ...STEP, title: 'bare Fastify and an `onRequest` hook', options: { steps: 1 } },
  'hook-close': { ...STEP, title: '… and a listener of `close` on the response', options: { steps: 2 } },
  'hook-close-context': { ...STEP, title: '… and an `AsyncLocalStorage`', options: { steps: 3 } },
  masks: {
    title: 'bare Fastify, an error handler that masks',
    server: 'masks',
    cases: ['silent', 'fails'],
    processes: 2,
  },
  'masks-and-reads': {
    title: 'the same, which reads one stack in 16',
    server: 'masks',
    options: { readsOneIn: 16 },
    cases: ['silent', 'fails'],
    processes: 2,
  },
  'request-context': {
    title: '@fastify/request-context',
    server: 'request-context',
    needs: '@fastify/request-context',
    cases: ['success', STARTUP],
  },
  'close-with-grace': {
    title: 'close-with-grace',
    server: 'close-with-grace',
    needs: 'close-with-grace',
    ...PEER,
  },
  express: { title: 'Express', server: 'express', needs: 'express', ...PEER, isFastify: false },
  restify: { title: 'restify', server: 'restify', needs: 'restify', ...PEER, isFastify: false },
}

/** The variants that a case has, bare Fastify first. */
export function variantsOf(caseName: string, variants: Variants): string[] {
  return Object.entries(variants).flatMap(([name, { cases, isFastify = true }]) => {
    if (cases?.includes(caseName) === false) return []
    return isFastify || caseName !== STARTUP ? name : []
  })
}

function manifestOf(dependency: string): URL {
  return new URL(`node_modules/${dependency}/package.json`, HERE)
}

/** Whether what the variant needs is installed. */
export function isInstalled({ needs }: Variant): boolean {
  return needs === undefined || existsSync(manifestOf(needs))
}

/** The versions of everything that is compared. */
export function installedVersions(variants: Variants): Record<string, string> {
  const versionIn = (file: URL): string => JSON.parse(readFileSync(file, 'utf8')).version
  const versions: Record<string, string> = {
    'fastify-isolate': versionIn(new URL('../package.json', HERE)),
    fastify: versionIn(new URL('../node_modules/fastify/package.json', HERE)),
  }
  for (const { needs } of Object.values(variants)) {
    if (needs !== undefined) versions[needs] = versionIn(manifestOf(needs))
  }
  return versions
}
