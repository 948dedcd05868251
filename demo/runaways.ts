import type { Bug } from './faults.ts'

/** Bugs that never give the event loop back. Each is ended after half a second. */
export const RUNAWAYS: readonly Bug[] = [
  {
    name: 'an endless loop',
    path: '/loop',
    handler: async () => {
      for (;;);
    },
    client: 500,
  },
  {
    name: 'a regular expression that backtracks',
    path: '/backtracks',
    handler: () => /^(a+)+$/.test(`${'a'.repeat(45)}!`),
    client: 500,
  },
]
