import type { PastLife } from '../deaths/past-life.ts'
import type { Life, State } from '../deaths/state.ts'

/** Adds to a state what is known of processes that are gone. What the guard itself did to a life stands. */
export function addLives(state: State, past: readonly PastLife[]): State {
  if (past.length === 0) return state
  const known = new Map(state.lives.map((life) => [life.id, life]))
  for (const { id, startedAt, listenedAt, endedAt, how, because, death } of past) {
    const before = known.get(id)
    const isOfGuard = before?.how === 'gaveUp' || (before?.how === 'held' && how === 'died')
    const { build = '', culprit } = death ?? {}
    const life = { id, build, startedAt, listenedAt, endedAt, because, culprit }
    known.set(id, { ...life, how: isOfGuard ? before.how : how, loading: before?.loading })
  }
  return { ...state, lives: [...known.values()].sort((a, b) => a.startedAt - b.startedAt) }
}

/** Adds or replaces one life. */
export function putLife(state: State, life: Life): State {
  return { ...state, lives: [...dropLife(state, life.id).lives, life] }
}

/** Forgets one life. */
export function dropLife(state: State, id: string): State {
  return { ...state, lives: state.lives.filter((life) => life.id !== id) }
}
