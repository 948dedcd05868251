import { attempt } from '../attempt.ts'
import { isArrayLike } from '../fault/thrown.ts'
import { load } from '../load.ts'
import { badOption, type Given, MAX_SHOWN, unexpected } from './bad-option.ts'

/**
 * Reads an object of options, refusing unknown ones. It is read once, so that a getter cannot answer differently
 * later.
 *
 * @param given The object.
 * @param known The names that it may have.
 * @returns Gives what stands under a name: undefined counts as absent.
 * @throws {TypeError} `FST_ISOLATE_BAD_OPTION` for what is no object or cannot be read, and for an unknown name.
 */
export function readOptions(given: Given, known: readonly string[]): (name: string) => Given {
  const { where, value } = given
  const asObject = given.name === '' ? { ...given, name: 'options' } : given
  if (typeof value !== 'object' || value === null || isArrayLike(value))
    throw unexpected(asObject, 'an object')
  const copy: Record<string, unknown> = Object.create(null)
  let keys: string[]
  try {
    keys = Object.keys(value)
    for (const key of keys) {
      if (known.includes(key)) copy[key] = (value as Record<string, unknown>)[key]
    }
  } catch {
    throw unexpected(asObject, 'an object whose properties can be read')
  }
  for (const key of keys) if (!known.includes(key)) throw unknownOption(given, key, known)
  return (name) => ({ where, name: pathOf(given, name), value: copy[name] })
}

function pathOf(given: Given, name: string): string {
  return given.name === '' ? name : `${given.name}.${name}`
}

function unknownOption(given: Given, key: string, known: readonly string[]): TypeError {
  const shown = key.length > MAX_SHOWN ? `${key.slice(0, MAX_SHOWN)}…` : key
  const similar = attempt(() => similarName(shown, known), undefined)
  const guess = similar === undefined ? '' : ` Did you mean \`${pathOf(given, similar)}\`?`
  const names = known.map((name) => `\`${name}\``).join(', ')
  return badOption(`${given.where}Unknown option \`${pathOf(given, shown)}\`.${guess} Known: ${names}`)
}

/** @throws Error where `fastest-levenshtein` cannot be loaded, as in a bundle without it. */
function similarName(given: string, known: readonly string[]): string | undefined {
  const { distance } = load('fastest-levenshtein') as typeof import('fastest-levenshtein')
  const distances = known.map((name) => distance(given.toLowerCase(), name.toLowerCase()))
  const least = Math.min(...distances)
  const nearest = known[distances.indexOf(least)] as string
  // Further away it is no slip of the fingers, and the guess would mislead.
  return least <= Math.max(2, nearest.length / 3) ? nearest : undefined
}
