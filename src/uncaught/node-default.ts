/** The event by which Node reported an error that nobody caught. */
export type UncaughtEvent = 'uncaughtException' | 'unhandledRejection'

/**
 * Does with an error what Node would do if our listeners did not exist.
 *
 * With other listeners on the event that is nothing: they got the error as well, and Node leaves it to them.
 * Without any, `uncaughtException` ends the process, and an unhandled rejection does what
 * `--unhandled-rejections` says. Node decides that itself: our listeners go, and the error is raised once more,
 * so that message, exit code and `exit` listeners are Node's own. (`uncaughtExceptionMonitor` sees it twice.)
 *
 * @param isOurs Tells our listeners from others.
 * @param ours Takes our listeners away and puts them back: a rejection may leave the process alive
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
