/** The event by which Node reported an uncaught error. */
export type UncaughtEvent = 'uncaughtException' | 'unhandledRejection'

/**
 * Does with an error what Node would do without our listeners.
 *
 * Where there are other listeners on the event it does nothing: Node has called them, and leaves the error to them.
 * Otherwise it removes our listeners and raises the error once more, so that Node ends the process for an
 * exception, and follows `--unhandled-rejections` for a rejection. Message, exit code and `exit` event are then
 * Node's own. (`uncaughtExceptionMonitor` is emitted twice.)
 *
 * @param isOurs Tells our listeners from others.
 * @param ours Removes our listeners and adds them again: a rejection may leave the process alive
 *   (`--unhandled-rejections=warn`).
 */
export function actLikeNode(
  error: unknown,
  event: UncaughtEvent,
  isOurs: (listener: unknown) => boolean,
  ours: { stopListening(): void; listen(): void },
): void {
  if (process.listeners(event as 'exit').some((listener) => !isOurs(listener))) return
  ours.stopListening()
  if (event === 'uncaughtException') {
    process.nextTick(() => {
      throw error
    })
  } else {
    void Promise.reject(error)
    setImmediate(ours.listen)
  }
}
