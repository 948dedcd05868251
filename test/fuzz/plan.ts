import { Choices } from '../soak/choices.ts'
import type { Form, Upload } from './forms/form.ts'
import { FORMS } from './forms/forms.ts'

/** Writes of one batch that are small: what is left after them goes out at once, or an upload would take minutes. */
const MAX_FRAGMENTS = 300

/** Bytes of the n-th write of a batch. */
export function fragmentSize({ fragments }: ConnectionPlan, n: number): number {
  const size = n < MAX_FRAGMENTS ? fragments[Math.min(n, fragments.length - 1)] : 0
  return size || Number.POSITIVE_INFINITY
}

/** A request that is to be sent. */
export interface Planned {
  readonly id: string
  readonly form: Form
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Undefined: none. */
  readonly body: string | undefined
  readonly upload: Upload
  readonly version: '1.0' | '1.1'
}

/** How a client goes. */
export type Departure =
  | { readonly how: 'waits' }
  | {
      readonly how: 'reset' | 'end' | 'destroy'
      /** After so many bytes were written, or so many had come, or so many milliseconds. */
      readonly after: 'written' | 'received' | 'time'
      readonly amount: number
    }

/** What a client does on one connection. All of it comes from the seed and the number of the connection. */
export interface ConnectionPlan {
  readonly number: number
  readonly protocol: 1 | 2
  /** Each is sent at once (pipelined, or as streams side by side) and waited for before the next one. */
  readonly batches: readonly (readonly Planned[])[]
  /** Whether a batch waits for the answers to the one before it. */
  readonly waits: boolean
  /** Bytes of one write; the last one is repeated. 0: all in one write. */
  readonly fragments: readonly number[]
  /** Milliseconds between two fragments. */
  readonly pause: number
  /** Milliseconds for which it reads nothing, and that it takes between two reads. */
  readonly readsAfter: number
  readonly readPause: number
  readonly departure: Departure
}

const TOTAL_WEIGHT: ReadonlyMap<1 | 2, number> = new Map(
  ([1, 2] as const).map((protocol) => [
    protocol,
    formsOf(protocol).reduce((sum, { weight = 1 }) => sum + weight, 0),
  ]),
)

function formsOf(protocol: 1 | 2): readonly Form[] {
  return FORMS.filter(({ only = protocol }) => only === protocol)
}

function pick(choices: Choices, protocol: 1 | 2, isFirst: boolean): Form {
  const forms = formsOf(protocol)
  let at = choices.fraction() * (TOTAL_WEIGHT.get(protocol) as number)
  for (const form of forms) {
    at -= form.weight ?? 1
    if (at >= 0) continue
    return form.isFirst && protocol === 1 && !isFirst ? pick(choices, protocol, isFirst) : form
  }
  return forms[0] as Form
}

/** Makes the plan of a connection. */
export function planOf(seed: number, protocol: 1 | 2, number: number): ConnectionPlan {
  const choices = new Choices(seed ^ Math.imul(number * 2 + protocol, 0x9e3779b1))
  // neighbouring states begin alike
  for (let i = 0; i < 4; i += 1) choices.fraction()
  const mostAtOnce = protocol === 2 ? 12 : choices.one([1, 1, 4, 4, 8, 16])
  const batches = Array.from({ length: choices.between(1, 4) }, (_, batch) =>
    Array.from({ length: choices.between(1, mostAtOnce) }, (_each, i) =>
      planRequest(
        choices,
        pick(choices, protocol, batch + i === 0),
        `${seed.toString(36)}-${protocol}.${number}.${batch}.${i}-`,
      ),
    ),
  )
  return {
    number,
    protocol,
    batches: protocol === 1 ? withLast(batches, choices) : batches,
    waits: choices.happens(0.7),
    fragments: choices.happens(0.5)
      ? [0]
      : Array.from({ length: choices.between(1, 12) }, () =>
          choices.happens(0.3) ? choices.between(1, 20) : choices.between(20, 2000),
        ),
    pause: choices.one([0, 0, 0, 1, 4]),
    readsAfter: choices.happens(0.15) ? choices.between(10, 250) : 0,
    readPause: choices.happens(0.15) ? choices.between(1, 12) : 0,
    departure: departureOf(choices),
  }
}

/** The last request of a connection may say that it is the last: behind it Node refuses whatever comes. */
function withLast(batches: Planned[][], choices: Choices): Planned[][] {
  const how = choices.fraction()
  const batch = batches.at(-1) as Planned[]
  const last = batch.at(-1) as Planned
  if (how < 0.15) batch.splice(-1, 1, { ...last, headers: { ...last.headers, connection: 'close' } })
  else if (how < 0.3 && last.body === undefined) {
    const { 'x-gzip': _gzip, ...headers } = last.headers
    batch.splice(-1, 1, { ...last, headers, version: '1.0' })
  }
  return batches
}

function departureOf(choices: Choices): Departure {
  if (choices.happens(0.6)) return { how: 'waits' }
  const after = choices.one(['written', 'received', 'time'] as const)
  const most = after === 'time' ? 200 : after === 'written' ? 3000 : choices.one([600, 6000, 200_000])
  return { how: choices.one(['reset', 'end', 'destroy']), after, amount: choices.between(1, most) }
}

/** Plans a request for a form. */
export function planRequest(choices: Choices, form: Form, prefix: string): Planned {
  const id = prefix + choices.between(0, 0xffffffff).toString(16).padStart(8, '0')
  const headers: Record<string, string> = { 'x-request-id': id }
  if (!form.isRaw && !form.isPlain && choices.happens(0.1)) headers['x-gzip'] = 'yes'
  const body = form.sends?.(id, choices.one([0, 0, 3, 30, 300]))
  if (body !== undefined) headers['content-type'] = form.type ?? 'application/json'
  return {
    id,
    form,
    method: form.method ?? 'GET',
    path: `/${form.name}`,
    headers,
    body,
    upload: choices.one(['length', 'length', 'chunked', 'chunked', 'continue']),
    version: '1.1',
  }
}
