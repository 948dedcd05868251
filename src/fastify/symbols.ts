import { symbolOf } from '../symbol-of.ts'

/** Fastify's symbols, by the names that they have here. */
export type SymbolsOf<Names> = { readonly [Name in keyof Names]: symbol }

/** @throws Error that names a symbol which this version of Fastify does not have. */
export function symbolsOf<Names extends Record<string, string>>(
  target: object,
  names: Names,
): SymbolsOf<Names> {
  const found: Record<string, symbol> = {}
  for (const [name, description] of Object.entries(names)) {
    const symbol = symbolOf(target, description)
    if (symbol === undefined) {
      throw new Error(
        `fastify-isolate needs Fastify's ${description}, which this version of Fastify does not have. ` +
          'Install a version that the peer dependency of fastify-isolate names.',
      )
    }
    found[name] = symbol
  }
  return found as SymbolsOf<Names>
}
