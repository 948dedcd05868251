/** Imports the given files one after the other, prints the name of each, and exits. */
import { pathToFileURL } from 'node:url'

for (const file of process.argv.slice(2)) {
  process.stdout.write(`${file}\n`)
  await import(pathToFileURL(file).href)
}
process.stdout.write('all of them ran\n', () => process.exit(0))
