import { constants } from 'node:http2'
import { SECRET } from '../forms/form.ts'
import type { StreamTranscript } from '../transcript.ts'
import { differsFromAll } from './answer.ts'
import type { Circumstances, Verdict } from './verdict.ts'

const { NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants

/** Judges one HTTP/2 stream. Every excuse that it knows is a sentence of the docs, which stands where the excuse is. */
export function judgeStream(transcript: StreamTranscript, circumstances: Circumstances = {}): Verdict {
  const { sent, answer, end, rstCode } = transcript
  const { id, form } = sent.planned
  const violations: string[] = []
  const isLate = circumstances.leavesAfter !== undefined && sent.batch > circumstances.leavesAfter
  const isCut = form.answers.some((each) => each.isCut) || circumstances.cut?.has(id) === true
  if (end === 'silent') violations.push(`${id} ${form.name}: silence`)
  if (answer !== undefined) {
    if (answer.body.includes(SECRET)) violations.push(`${id}: the secret was given away`)
    const problem = differsFromAll(sent.planned, answer, { isLate, mayLoseItsBody: false })
    if (problem !== undefined) violations.push(`${id} ${form.name}: ${problem}`)
  }
  const isWhole = answer?.isWhole === true
  // "The connection is cut, so that no client takes half an answer for a whole one." (docs/answers.md)
  if (!isWhole && isCut && end === 'server' && rstCode === NGHTTP2_NO_ERROR && answer !== undefined)
    violations.push(`${id} ${form.name}: cut, and nothing tells so`)
  if (
    !isWhole &&
    !isCut &&
    !isLeft(transcript) &&
    !(circumstances.leavesAfter !== undefined && isRefused(transcript))
  )
    violations.push(`${id} ${form.name}: no whole answer, stream ended by ${end} with ${rstCode}`)
  return {
    violations,
    answered: isWhole ? 1 : 0,
    cut: isCut && !isWhole ? 1 : 0,
    collateral: [],
    unanswered: 0,
  }
}

/** Whether its client has given it up. One that closes its session refuses the streams itself that it has not sent yet. */
function isLeft({ plan: { departure }, answer, end, rstCode }: StreamTranscript): boolean {
  if (end === 'client') return true
  if (departure.how !== 'end' && departure.how !== 'destroy') return false
  return answer === undefined && (end === 'refused' || rstCode === NGHTTP2_REFUSED_STREAM)
}

/**
 * "The server stops accepting, the requests in flight finish." (docs/concepts.md, The way out) Which streams those are, the
 * server says: one that it has not taken can come again.
 */
function isRefused({ answer, id, end, lastTaken }: StreamTranscript): boolean {
  return answer === undefined && lastTaken !== undefined && (end === 'refused' || id > lastTaken)
}
