/** The event by which Node reported an error that nobody caught. */
export type Seen = 'uncaughtException' | 'unhandledRejection'

/**
 * Does with an error what Node would do if our listeners did not exist.
 *
 * With other listeners on the event that is nothing: they got the error as well, and Node leaves it to them.
 * Without any, `uncaughtException` ends the process, and an unhandled rejection does what
 * `--unhandled-rejections` says. Node decides that itself: our listeners go, and the error is raised once more,
 * so that message, exit code and `exit` listeners are Node's own. (`uncaughtExceptionMonitor` sees it twice.)
 *
 * @param isOurs tells our listeners from others
 * @param deafen takes our listeners away
 * @param listen puts them back: a rejection may leave the process alive (`--unhandled-rejections=warn`)
 */
export function actBare(
  error: unknown,
  event: Seen,
  isOurs: (listener: unknown) => boolean,
  deafen: () => void,
  listen: () => void,
): void {
  if (process.listeners(event as 'exit').some((listener) => !isOurs(listener))) return
  deafen()
  if (event === 'uncaughtException') {
    process.nextTick(() => {
      throw error
    })
  } else {
    void Promise.reject(error)
    setImmediate(listen)
  }
}
