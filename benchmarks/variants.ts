import { existsSync, readFileSync } from 'node:fs'
import { STARTUP, TITLES } from './cases.ts'

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
  /** Whether it is the app of the others with something added. */
  readonly isFastify: boolean
  /** The cases that it stands in, where that is not all that can be. */
  readonly cases?: readonly string[]
  /** How many processes are enough, where no aim is compared with it. */
  readonly processes?: number
}

/** What all others are compared with. Where a part of the traffic fails, it is spared that part. */
export const BARE = 'bare'

/** Its rounds take long, and these have nothing to do with errors of a request. */
const WITHOUT_MIXED: readonly string[] = [...TITLES.keys()].filter((name) => name !== 'mixed')

const PEER_PROCESSES = 2

/** Everything that is measured, in the order of the page. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  [BARE]: { title: 'bare Fastify', server: 'fastify', isFastify: true },
  failing: {
    title: 'bare Fastify, with failing traffic',
    server: 'fastify',
    isFastify: true,
    cases: ['mixed'],
  },
  isolate: { title: 'fastify-isolate', server: 'isolate', isFastify: true },
  'escapes-off': {
    title: 'fastify-isolate, escapes: false',
    server: 'isolate',
    options: { escapes: false },
    isFastify: true,
    cases: WITHOUT_MIXED,
  },
  runaway: {
    title: 'fastify-isolate, runaway: { after }',
    server: 'isolate',
    options: { runaway: { after: 10_000 } },
    isFastify: true,
    cases: ['success', 'logged'],
  },
  'request-context': {
    title: '@fastify/request-context',
    server: 'request-context',
    needs: '@fastify/request-context',
    isFastify: true,
    cases: WITHOUT_MIXED,
  },
  'close-with-grace': {
    title: 'close-with-grace',
    server: 'close-with-grace',
    needs: 'close-with-grace',
    isFastify: true,
    cases: WITHOUT_MIXED,
    processes: PEER_PROCESSES,
  },
  express: {
    title: 'Express',
    server: 'express',
    needs: 'express',
    isFastify: false,
    processes: PEER_PROCESSES,
  },
  restify: {
    title: 'restify',
    server: 'restify',
    needs: 'restify',
    isFastify: false,
    processes: PEER_PROCESSES,
  },
}

/** The variants out of the named ones that a case has, bare Fastify first. */
export function variantsOf(caseName: string, names: readonly string[]): string[] {
  const rest = names.filter((name) => {
    const { cases, isFastify } = VARIANTS[name] as Variant
    if (name === BARE || cases?.includes(caseName) === false) return false
    return isFastify || caseName !== STARTUP
  })
  return [BARE, ...rest]
}

function manifestOf(dependency: string): URL {
  return new URL(`node_modules/${dependency}/package.json`, HERE)
}

/** Whether what the variant needs is installed. */
export function isInstalled({ needs }: Variant): boolean {
  return needs === undefined || existsSync(manifestOf(needs))
}

/** The versions of everything that is compared. */
export function installedVersions(names: readonly string[]): Record<string, string> {
  const versionIn = (file: URL): string => JSON.parse(readFileSync(file, 'utf8')).version
  const versions: Record<string, string> = {
    'fastify-isolate': versionIn(new URL('../package.json', HERE)),
    fastify: versionIn(new URL('../node_modules/fastify/package.json', HERE)),
  }
  for (const name of names) {
    const needs = VARIANTS[name]?.needs
    if (needs !== undefined) versions[needs] = versionIn(manifestOf(needs))
  }
  return versions
}
