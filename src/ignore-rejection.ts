/**
 * Handles the rejection of a value that may be a promise, so that Node does not report it as unhandled. Never
 * throws.
 *
 * @param value What a function of the app returned.
 * @param onRejection Called with the rejection's reason. It must not throw.
 */
export function ignoreRejection(value: unknown, onRejection: (error: unknown) => void = () => {}): void {
  try {
    if (value instanceof Promise) value.catch(onRejection)
  } catch {
    // `value` may be a Proxy that throws.
  }
}
