/**
 * Runs the suite, or the given test files and folders.
 *
 *     npm run test:unit
 *     npm run test:unit -- test/answer test/log/log.test.ts --test-name-pattern=masked
 *
 * Passes arguments that begin with a hyphen to `node --test`. The exit code is that of the runner.
 */
import { spawnSync } from 'node:child_process'
import { suiteArguments } from './suite-files.ts'

const given = process.argv.slice(2)
const places = given.filter((argument) => !argument.startsWith('-'))
const flags = given.filter((argument) => argument.startsWith('-'))
const { status } = spawnSync(process.execPath, suiteArguments(places, flags), { stdio: 'inherit' })
process.exitCode = status ?? 1
