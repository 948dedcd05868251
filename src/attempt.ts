/** Returns what `get` returns, or `otherwise` where `get` throws. */
export function attempt<T>(get: () => T, otherwise: T): T {
  try {
    return get()
  } catch {
    return otherwise
  }
}
