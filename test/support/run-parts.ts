/** Imports the files that it is given, one after the other. Says which one it is at, and ends. */
import { pathToFileURL } from 'node:url'

for (const file of process.argv.slice(2)) {
  process.stdout.write(`${file}\n`)
  await import(pathToFileURL(file).href)
}
process.stdout.write('all of them ran\n', () => process.exit(0))
