import { existsSync, readFileSync } from 'node:fs'
import { type Block, ROOT } from './markdown.ts'

interface Manifest {
  readonly name: string
  readonly scripts: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as Manifest
const isThere = (path: string): boolean => existsSync(ROOT + path)

/** A command that the docs use, with a check that what it needs exists. */
const KNOWN: readonly (readonly [RegExp, (argument: string) => boolean])[] = [
  [/^npm ci$/, () => isThere('package-lock.json')],
  [/^npm ci --prefix (\S+)$/, (folder) => isThere(`${folder}/package-lock.json`)],
  [/^npm (test)$/, (script) => script in manifest.scripts],
  [/^npm run (?:--silent )?([\w:-]+)(?: -- .*)?$/, (script) => script in manifest.scripts],
  [/^npm install ([^\s-]\S*)$/, (name) => name === manifest.name],
  [/^npm install --save-dev (\S+)$/, (name) => name in manifest.peerDependencies],
  // `test/package` runs it
  [/^npx ([\w-]+) report \S+(?: --json)?$/, (program) => program in manifest.bin],
  // `test/quarantine` runs it
  [/^npx ([\w-]+) quarantine .*--dir \S+$/, (program) => program in manifest.bin],
  [/^pip install -r (\S+)$/, isThere],
]

/** Returns the commands of a block, without comments. */
export function commandsOf({ code }: Block): string[] {
  return code
    .split('\n')
    .flatMap((line) => line.replace(/(?:^|\s)#.*$/, '').split('&&'))
    .map((command) => command.trim())
    .filter((command) => command !== '')
}

/** Returns what is wrong with a command, undefined where nothing is. */
export function problemWithCommand(command: string): string | undefined {
  for (const [pattern, works] of KNOWN) {
    const found = pattern.exec(command)
    if (found !== null) return works(found[1] ?? '') ? undefined : 'does not find what it names'
  }
  return 'is neither run nor checked: say why in <!-- not run: reason -->'
}
