import type { TestContext } from 'node:test'
import { type Child, type FixtureOptions, startFixture } from './child.ts'

/** The settings of the fixture `leaving`; `leave` holds the plugin's options, as far as JSON can express them. */
export interface Setup {
  leave?: object
  /** `recycleAfter` in milliseconds from the start of the app on, whatever time Node took to start. */
  recycleIn?: number
  logger?: string
  logFile?: string
  onLeave?: string
  onClose?: string
  subscribe?: boolean
  onExit?: 'throw'
  ready?: 'stderr'
}

/** Starts the fixture `leaving`. */
export function startLeaving(
  t: TestContext,
  setup: Setup = {},
  options: FixtureOptions = {},
): Promise<Child> {
  return startFixture(t, 'leaving', {
    ...options,
    env: { ...options.env, SETUP: JSON.stringify(setup) },
  })
}
