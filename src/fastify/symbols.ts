import { symbolOf } from '../symbol-of.ts'
import { missingPart, PARTS, type PartName } from './parts.ts'

/** Fastify's symbols, by the names that they have here. */
export type SymbolsOf<Name extends PartName> = { readonly [Part in Name]: symbol }

/** What an object has under a symbol. */
export function valueAt<T>(target: object, symbol: symbol): T {
  return (target as Record<symbol, T>)[symbol] as T
}

/**
 * The symbols of an object.
 *
 * @param version Fastify's own, for the error.
 * @throws Error that names the part which is not there, or is not what it was.
 */
export function symbolsOf<Name extends PartName>(
  target: object,
  names: readonly Name[],
  version: string,
): SymbolsOf<Name> {
  const found: [Name, symbol][] = []
  for (const name of names) {
    const { called, fits } = PARTS[name]
    const symbol = symbolOf(target, called)
    if (symbol === undefined || !fits(valueAt(target, symbol))) throw missingPart(name, version)
    found.push([name, symbol])
  }
  return Object.fromEntries(found) as SymbolsOf<Name>
}
