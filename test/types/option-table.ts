/** Compiled, not run: the table has a row for every public option, of its type, and none besides. */
import { checkBoolean, checkCount, checkMilliseconds, checkPath } from '../../src/options/check.ts'
import type { IsolateOptions, LogOptions, RecorderOptions } from '../../src/options/options.ts'
import { OPTIONS, type Table } from '../../src/options/table.ts'

const burst = { check: checkCount, default: 100 }
const window = { check: checkMilliseconds, default: 10_000 }

export const complete: Table<LogOptions> = { burst, window }

// @ts-expect-error an option without a row
export const without: Table<LogOptions> = { burst }

// @ts-expect-error a row without an option
export const besides: Table<LogOptions> = { burst, window, level: burst }

// @ts-expect-error a check that lets something else through
export const otherCheck: Table<LogOptions> = { burst, window: { check: checkBoolean, default: 10_000 } }

// @ts-expect-error a default of another type
export const otherDefault: Table<LogOptions> = { burst, window: { check: checkMilliseconds, default: '10s' } }

const noDefault = { check: checkMilliseconds, default: undefined }
// @ts-expect-error no default, and the option is neither a function nor a text
export const withoutDefault: Table<LogOptions> = { burst, window: noDefault }

// @ts-expect-error one row for a group of options
export const ungrouped: Table<IsolateOptions> = { ...OPTIONS, log: burst }

// @ts-expect-error no default, and the option may be left out
export const required: Table<LogOptions> = { burst, window: { check: checkMilliseconds } }

// @ts-expect-error a check that lets a missing option through, and the option has to be given
export const missing: Table<RecorderOptions> = { dir: { check: (given) => given.value && checkPath(given) } }
