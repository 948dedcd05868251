/**
 * The first characters of a text. V8 keeps the whole text for a slice of it, so what is cut here is a text of its own,
 * which may be remembered.
 */
export function startOf(text: string, length: number): string {
  return text.length <= length ? text : copyOf(text.slice(0, length))
}

/** The same text, in memory of its own. */
export function copyOf(text: string): string {
  // joined texts are copied when they are cut
  return ` ${text}`.slice(1)
}
