import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Choices } from '../soak/choices.ts'
import { FORMS } from './forms/forms.ts'
import { judgeStream } from './judge/http2.ts'
import type { Circumstances } from './judge/verdict.ts'
import { type ConnectionPlan, planOf, planRequest } from './plan.ts'
import type { Message } from './response-reader.ts'
import type { StreamTranscript } from './transcript.ts'

const planned = (name: string) =>
  planRequest(new Choices(1), FORMS.find((form) => form.name === name)!, `${name}-`)
const STRING = planned('string')
const CUT = planned('stream-fails')
const PLAN: ConnectionPlan = { ...planOf(1, 2, 1), departure: { how: 'waits' } }
const LEAVES = { ...PLAN, departure: { how: 'end', after: 'time', amount: 1 } } as const

function answer({ id, form }: typeof STRING, isWhole = true): Message {
  const body = Buffer.from(form.answers[0]?.body(id, '').slice(0, isWhole ? undefined : 9) ?? '')
  return { status: 200, headers: [['x-id', id]], trailers: [], body, framing: 'length', isWhole }
}

function transcript(changes: Partial<StreamTranscript> = {}): StreamTranscript {
  const sent = { planned: STRING, batch: 0, isWhole: true }
  return {
    plan: PLAN,
    sent,
    id: 3,
    lastTaken: undefined,
    answer: undefined,
    rstCode: 0,
    events: [],
    end: 'server',
    ...changes,
  }
}

const ofCut = { sent: { planned: CUT, batch: 0, isWhole: true } }
const SCENES: readonly [string, Partial<StreamTranscript>, Circumstances, RegExp | undefined][] = [
  ['its own whole answer', { answer: answer(STRING) }, {}, undefined],
  ['the answer of another', { answer: answer({ ...STRING, id: 'other' }) }, {}, /x-id other/],
  ['half an answer', { answer: answer(STRING, false), rstCode: 2 }, {}, /no whole answer/],
  [
    'no answer to a request that was sent in part',
    { sent: { planned: STRING, batch: 0, isWhole: false }, rstCode: 2 },
    {},
    /no whole answer/,
  ],
  ['a cut that is promised', { ...ofCut, answer: answer(CUT, false), rstCode: 2 }, {}, undefined],
  ['a cut that looks like an end', { ...ofCut, answer: answer(CUT, false) }, {}, /nothing tells so/],
  ['refused', { rstCode: 7 }, {}, /no whole answer/],
  ['given up by its client', { plan: LEAVES, rstCode: 7 }, {}, undefined],
  ['refused as the process leaves', { rstCode: 7, id: 5, lastTaken: 3 }, { leavesAfter: 0 }, undefined],
  [
    'taken and not answered as the process leaves',
    { rstCode: 7, id: 3, lastTaken: 3 },
    { leavesAfter: 0 },
    /no whole answer/,
  ],
  [
    'half an answer as the process leaves',
    { answer: answer(STRING, false), id: 5, lastTaken: 3 },
    { leavesAfter: 0 },
    /no whole answer/,
  ],
]

for (const [name, changes, circumstances, violation] of SCENES) {
  test(`the judge of streams ${violation === undefined ? 'is content' : 'notices'}: ${name}`, () => {
    const { violations } = judgeStream(transcript(changes), circumstances)
    if (violation === undefined) assert.deepEqual(violations, [])
    else assert.match(violations.join('\n'), violation)
  })
}
