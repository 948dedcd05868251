/**
 * Runs the suite, or the given test files and folders.
 *
 *     npm run test:unit
 *     npm run test:unit -- test/answer test/log/log.test.ts --test-name-pattern=masked
 *
 * Passes arguments that begin with a hyphen to `node --test`. The exit code is that of the runner.
 */
import { spawnSync } from 'node:child_process'
import { TYPESCRIPT } from '../test/support/typescript-flags.ts'
import { RUNNER, suiteFiles, testFilesAt } from './suite-files.ts'

const given = process.argv.slice(2)
const places = given.filter((argument) => !argument.startsWith('-'))
const flags = given.filter((argument) => argument.startsWith('-'))
const files = places.length === 0 ? suiteFiles('.') : places.flatMap(testFilesAt)
const args = [...TYPESCRIPT, ...RUNNER, '--test-reporter=spec', ...flags, ...files]
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
process.exitCode = status ?? 1
