import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isolate } from '../../dist/index.js'
import { serve } from './fastify-app.js'
import { options } from './measured.js'

// A folder of its own: after a death, and the bench kills its servers, every request is written for some minutes.
const dir = mkdtempSync(join(tmpdir(), 'fastify-isolate-bench-'))
await serve((app) => app.register(isolate({ ...options, recorder: { dir } })))
