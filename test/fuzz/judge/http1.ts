import { SECRET } from '../forms/form.ts'
import type { Planned } from '../plan.ts'
import { headerOf, type Message } from '../response-reader.ts'
import type { Sent, Transcript } from '../transcript.ts'
import { differsFromAll, isInnocent500 } from './answer.ts'
import type { Circumstances, Verdict } from './verdict.ts'

/** Judges one HTTP/1 connection by what was sent on it and what came. */
export function judgeHttp1(transcript: Transcript, circumstances: Circumstances = {}): Verdict {
  return new Http1Judge(transcript, circumstances).judge()
}

/** Every excuse that it knows is a sentence of the docs, which stands where the excuse is. */
class Http1Judge {
  readonly #transcript: Transcript
  readonly #circumstances: Circumstances
  readonly #sent: readonly Sent[]
  /** The whole answers. */
  readonly #answers: readonly Message[]
  /** What came of one more. */
  readonly #rest: Message | undefined
  readonly #violations: string[] = []
  readonly #collateral: string[] = []
  #cut = 0
  #unanswered = 0

  constructor(transcript: Transcript, circumstances: Circumstances) {
    this.#transcript = transcript
    this.#circumstances = circumstances
    this.#sent = transcript.sent
    this.#answers = wholeAnswers(transcript)
    this.#rest = this.#answers.length > transcript.answers.length ? undefined : transcript.rest
  }

  judge(): Verdict {
    const { end, framingError, bytesReceived } = this.#transcript
    if (framingError !== undefined) this.#violations.push(`framing: ${framingError}`)
    if (bytesReceived.includes(SECRET)) this.#violations.push('the secret was given away')
    if (end === 'silent') this.#violations.push('silence')
    this.#judgeInterim()
    for (const [i, answer] of this.#answers.entries()) this.#judgeAnswer(i, answer)
    this.#judgeRest()
    // what its client has left, nobody owes it any more
    if (end !== 'client' && end !== 'silent') this.#judgeEnd()
    return {
      violations: this.#violations,
      answered: this.#answers.length,
      cut: this.#cut,
      collateral: this.#collateral,
      unanswered: this.#unanswered,
    }
  }

  #fails(i: number, problem: string): void {
    const { id, form } = (this.#sent[i] as Sent).planned
    this.#violations.push(`${id} ${form.name}: ${problem}`)
  }

  #judgeInterim(): void {
    for (const { behind, message } of this.#transcript.interim) {
      const { planned } = this.#sent[behind] ?? {}
      if (planned === undefined || !isOwed(planned, message))
        this.#violations.push(
          `a ${message.status} behind ${behind} answers: ${JSON.stringify(message.headers)}`,
        )
    }
  }

  #judgeAnswer(i: number, answer: Message): void {
    const { planned } = this.#sent[i] as Sent
    const problem = differsFromAll(planned, answer, this.#allowed(i))
    if (problem !== undefined) {
      this.#fails(i, problem)
      return
    }
    const closes = saysClose(answer)
    if (isInnocent500(planned, answer)) {
      this.#collateral.push(planned.id)
      // "The connection is then closed behind the answer." (docs/escapes.md, What is attributed to whom)
      if (!closes) this.#fails(i, 'a 500 for a lost body, and the connection is not closed')
    }
    if (!closes) return
    if (!this.#mayClose(i)) this.#fails(i, 'closes the connection without a reason')
    if (i < this.#answers.length - 1)
      this.#fails(i, 'says that it closes the connection, and another answer comes')
  }

  /** Of an answer that is not whole: the part that came. */
  #judgeRest(): void {
    const i = this.#answers.length
    const rest = this.#rest
    if (rest === undefined || i >= this.#sent.length) return
    const problem = differsFromAll((this.#sent[i] as Sent).planned, rest, this.#allowed(i))
    if (problem !== undefined) this.#fails(i, problem)
  }

  /** The server has ended the connection: for a reason, and with no answer missing that it owes. */
  #judgeEnd(): void {
    const { end } = this.#transcript
    const i = this.#answers.length
    const missing = this.#sent.slice(i)
    const cut = missing.filter(
      ({ planned }, n) => (n === 0 && isCutByForm(planned)) || this.#isCutAtDeadline(planned),
    )
    this.#cut = cut.length
    this.#unanswered = missing.filter((sent) => sent.isWhole && !cut.includes(sent)).length
    if (cut.length > 0 && cut[0] === missing[0]) return
    const isClosedBehind =
      this.#rest === undefined && (this.#isClosedBehind(i - 1) || this.#isIdleAsItLeaves(i))
    if (isClosedBehind || this.#mayBeReset(i)) return
    if (i < this.#sent.length) this.#fails(i, `no answer, connection ended by ${end}`)
    else this.#violations.push(`the connection was ended by ${end} for no reason`)
  }

  #allowed(i: number): { isLate: boolean; mayLoseItsBody: boolean } {
    return { isLate: this.#isLate(i), mayLoseItsBody: this.#mayLoseItsBody(i, i - 1) }
  }

  /** Whether a request was sent when the process had begun to leave. */
  #isLate(i: number): boolean {
    const { leavesAfter } = this.#circumstances
    return leavesAfter !== undefined && (this.#sent[i]?.batch ?? 0) > leavesAfter
  }

  /** Whether a request may have been answered when the process had begun to leave. */
  #mayBeAnsweredLate(i: number): boolean {
    const { leavesAfter } = this.#circumstances
    const { waits } = this.#transcript.plan
    return leavesAfter !== undefined && (!waits || (this.#sent[i] as Sent).batch >= leavesAfter)
  }

  /**
   * "A throw while Node hands out a body breaks Node's HTTP/1 parser for good. […] A request whose body was lost to the
   * throw of another one is answered 500 too: one that is pipelined behind it." (docs/escapes.md, What is attributed to
   * whom)
   *
   * @param last The last request that may have thrown.
   */
  #mayLoseItsBody(i: number, last: number): boolean {
    const { planned, batch } = this.#sent[i] as Sent
    if (planned.body === undefined) return false
    const { waits } = this.#transcript.plan
    return this.#sent
      .slice(0, last + 1)
      .some((before) => before.planned.form.stopsParser === true && (!waits || before.batch === batch))
  }

  /** Whether the server may say `Connection: close` with an answer. */
  #mayClose(i: number): boolean {
    const { form, headers, version } = (this.#sent[i] as Sent).planned
    return (
      // what the app or Fastify itself says
      form.closes === true ||
      // what the client has asked for
      headers.connection === 'close' ||
      version === '1.0' ||
      // "The connection is then closed behind the answer." (docs/escapes.md)
      this.#mayLoseItsBody(i, i) ||
      // "the server stops accepting, the requests in flight finish" (docs/concepts.md, The way out)
      this.#mayBeAnsweredLate(i)
    )
  }

  /** Whether the connection was to end with an answer that has come in whole. */
  #isClosedBehind(i: number): boolean {
    const answer = this.#answers[i]
    if (answer === undefined) return false
    // an answer that had begun before the parser stopped could not say so
    return saysClose(answer) || answer.framing === 'close' || this.#mayLoseItsBody(i, i)
  }

  /** Whether the process leaves, and nothing that was sent before is without an answer. */
  #isIdleAsItLeaves(i: number): boolean {
    return i < this.#sent.length ? this.#isLate(i) : this.#circumstances.leavesAfter !== undefined
  }

  /**
   * "A connection that is cut or closed while its client still sends is reset, and with it goes what the client had not
   * read yet of earlier answers." (docs/security.md, What is held on the wire) libuv may take that reset for an end.
   */
  #mayBeReset(i: number): boolean {
    return this.#sent.some(({ planned }, at) => {
      if (at < i || !this.#mayEndWith(at)) return false
      return planned.body !== undefined || at < this.#sent.length - 1
    })
  }

  #mayEndWith(i: number): boolean {
    const { planned } = this.#sent[i] as Sent
    const { form, headers } = planned
    return (
      isCutByForm(planned) ||
      form.closes === true ||
      headers.connection === 'close' ||
      this.#mayLoseItsBody(i, i) ||
      (this.#mayBeAnsweredLate(i) && this.#isLate(i + 1))
    )
  }

  #isCutAtDeadline({ id }: Planned): boolean {
    return this.#circumstances.cut?.has(id) === true
  }
}

/**
 * The whole answers. One whose end is that of the connection is whole where that ended in order. Of an answer that is to be
 * cut it does not count: libuv takes a reset that comes together with data for an orderly end.
 */
function wholeAnswers({ answers, rest, sent, end }: Transcript): readonly Message[] {
  const next = sent[answers.length]
  if (rest?.framing !== 'close' || end !== 'server' || next === undefined || isCutByForm(next.planned))
    return answers
  return [...answers, { ...rest, isWhole: true }]
}

function isCutByForm({ form }: Planned): boolean {
  return form.answers.some((answer) => answer.isCut)
}

function saysClose({ headers }: Message): boolean {
  return headerOf(headers, 'connection') === 'close'
}

/** Whether an interim answer is one that its request may get. */
function isOwed({ id, upload, body }: Planned, { status, headers }: Message): boolean {
  if (status === 100) return body !== undefined && upload === 'continue'
  return status === 103 && headerOf(headers, 'link') === `</${id}>; rel=preload`
}
