import type { Way } from './way.ts'
import { escaping } from './ways/escaping.ts'
import { inTheCall } from './ways/in-the-call.ts'
import { onConnections } from './ways/on-connections.ts'
import { takingTheProcess } from './ways/taking-the-process.ts'
import { toThePrototype } from './ways/to-the-prototype.ts'
import { withTheOutside } from './ways/with-the-outside.ts'

/** Every way, by its group and what is wrong in the app. */
export const catalogue: Readonly<Record<string, Readonly<Record<string, Way>>>> = {
  'In a function that Fastify calls, or in the answer': inTheCall,
  'After the call: the error escapes': escaping,
  'With files, upstreams, programs and streams: the error escapes': withTheOutside,
  'On a connection': onConnections,
  'Without an error, or with what the process has': takingTheProcess,
  'Pollution: a path that the client sends leads to Object.prototype': toThePrototype,
}

/** Finds a way by what is wrong in the app. */
export function wayOf(bug: string): Way {
  const way = Object.values(catalogue).find((ways) => bug in ways)?.[bug]
  if (way === undefined) throw new Error(`there is no bug ${bug}`)
  return way
}
