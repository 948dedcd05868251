/** Fastify's symbols, by the names that they have here. */
export type SymbolsOf<Names> = { readonly [Name in keyof Names]: symbol }

/** The symbol with this description that an object has or inherits. */
export function symbolOf(target: object, description: string): symbol | undefined {
  for (let holder: object | null = target; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const found = Object.getOwnPropertySymbols(holder).find((symbol) => symbol.description === description)
    if (found !== undefined) return found
  }
  return undefined
}

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
