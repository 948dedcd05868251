import type { Death } from '../deaths/death.ts'
import type { QuarantineStore, RouteChange, StoredState } from '../deaths/quarantine-store.ts'
import type { StateFile } from '../deaths/state-file.ts'

/** The store in the recorder's folder: the state's file, which several processes may share. No method rejects. */
export class LocalStore implements QuarantineStore {
  readonly #file: StateFile

  constructor(file: StateFile) {
    this.#file = file
  }

  async load(build: string): Promise<StoredState> {
    const { deaths, routes } = this.#file.read()
    return {
      deaths: deaths.filter((death) => death.build === build),
      routes: Object.fromEntries(Object.entries(routes).filter(([, state]) => state.build === build)),
    }
  }

  async record(death: Death): Promise<void> {
    this.#file.update((state) =>
      state.deaths.some(({ id }) => id === death.id) ? state : { ...state, deaths: [...state.deaths, death] },
    )
  }

  async update({ build, route, from, state: to }: RouteChange): Promise<boolean> {
    let isChanged = false
    this.#file.update((state) => {
      const { [route]: before } = state.routes
      isChanged = (before?.build === build ? before.revision : 0) === from
      return isChanged ? { ...state, routes: { ...state.routes, [route]: to } } : state
    })
    return isChanged
  }

  /** As `watch` of the file. */
  watch(onChange: () => void): () => void {
    return this.#file.watch(onChange)
  }

  /** Takes over the routes that another store has changed. */
  async copy(routes: StoredState['routes']): Promise<void> {
    if (Object.keys(routes).length === 0) return
    this.#file.update((state) => ({ ...state, routes: { ...state.routes, ...routes } }))
  }

  /** Notes which build runs, for whoever closes a route from outside. */
  async startBuild(build: string): Promise<void> {
    this.#file.update((state) => (state.build === build ? state : { ...state, build }))
  }
}
