import type { Child } from '../../support/child.ts'
import type { Answer, AskOptions } from '../../support/client.ts'
import { until } from '../../support/until.ts'

/** Asks, and waits until the log has the request's last line: what is logged about it has been read then. */
export async function askLogged(child: Child, path: string, options: AskOptions = {}): Promise<Answer> {
  const completed = (): number => child.log().filter(({ msg }) => msg === 'request completed').length
  const before = completed()
  const answer = await child.ask(path, options)
  await until(() => completed() > before)
  return answer
}
