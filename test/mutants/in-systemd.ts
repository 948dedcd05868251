import type { Mutant } from './mutant.ts'

/** Faults in `src/systemd`. */
export const inSystemd: readonly Mutant[] = [
  {
    name: 'drain-is-extended-once',
    file: 'systemd/service.ts',
    find: 'setInterval(() => told.send(extension()), EXTEND_EVERY)',
    replace: 'setInterval(() => {}, EXTEND_EVERY)',
    tests: ['systemd/systemd'],
    only: 'systemd is told that the app listens, lives, and leaves until it has left',
  },
  {
    name: 'child-of-the-service-says-that-it-leaves',
    file: 'systemd/service.ts',
    find: 'if (told === undefined || !speaksForService()) return',
    replace: 'if (told === undefined) return',
    tests: ['systemd/systemd'],
    only: 'a process that the one of the service has started says neither that the service lives nor that it leaves',
  },
  {
    name: 'messages-end-with-sigterm-to-the-service',
    file: 'systemd/notifier.ts',
    find: "trap '' TERM INT HUP; ",
    replace: '',
    tests: ['systemd/systemd'],
    only: 'systemd is told that the app listens, lives, and leaves until it has left',
  },
]
