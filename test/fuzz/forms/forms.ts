import { BODIES } from './bodies.ts'
import { ESCAPES } from './escapes.ts'
import { FAULTS } from './faults.ts'
import type { Form } from './form.ts'
import { GOOD } from './good.ts'

/** All forms. */
export const FORMS: readonly Form[] = [...GOOD, ...BODIES, ...FAULTS, ...ESCAPES]
