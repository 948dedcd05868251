/**
 * Keeps the rejection of what may be a promise from becoming an unhandled one. Never throws.
 *
 * @param value What a function of the app returned.
 * @param onRejection Told of the rejection. It must not throw.
 */
export function ignoreRejection(value: unknown, onRejection: (error: unknown) => void = () => {}): void {
  try {
    if (value instanceof Promise) value.catch(onRejection)
  } catch {
    // A Proxy that throws is no promise.
  }
}
