/** Says why a tag must not be published, and then ends with 1: `node scripts/check-release.js v1.2.3`. */
import { readFileSync } from 'node:fs'

const tag = process.argv[2]
const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const headings = readFileSync('CHANGELOG.md', 'utf8').match(/^## .*$/gm) ?? []
const isDated = headings.some(
  (heading) => heading.startsWith(`## [${version}] - `) && /\] - \d{4}-\d{2}-\d{2}$/.test(heading),
)

if (tag !== `v${version}`) console.error(`The tag is ${tag}, but package.json says ${version}.`)
if (!isDated) console.error(`CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD".`)
process.exitCode = tag === `v${version}` && isDated ? 0 : 1
