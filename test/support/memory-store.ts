import type { Death } from '../../src/deaths/death.ts'
import type { QuarantineStore } from '../../src/deaths/quarantine-store.ts'
import type { RouteState } from '../../src/deaths/route-state.ts'
import { death } from './state.ts'

export const BUILD = '1'

/** A store in memory that several apps of a test share. */
export class MemoryStore implements QuarantineStore {
  readonly deaths: Death[] = []
  readonly routes: Map<string, RouteState> = new Map()

  async load(build: string) {
    const routes = [...this.routes].filter(([, state]) => state.build === build)
    return { deaths: this.deaths.filter((each) => each.build === build), routes: Object.fromEntries(routes) }
  }

  async record(one: Death) {
    if (this.deaths.every(({ id }) => id !== one.id)) this.deaths.push(one)
  }

  async update({ route, from, state }: Parameters<QuarantineStore['update']>[0]) {
    if ((this.routes.get(route)?.revision ?? 0) !== from) return false
    this.routes.set(route, state)
    return true
  }

  /** Lets a route kill so many processes, a few seconds ago. */
  killedBy(culprit: string, times = 2, build: string = BUILD): void {
    for (let i = 0; i < times; i += 1) {
      const at = Date.now() - 5_000 + this.deaths.length
      const id = `${culprit} ${this.deaths.length}`
      this.deaths.push(death({ id, build, culprit, inFlight: [culprit], listenedAt: at - 1, diedAt: at }))
    }
  }
}
