/**
 * Writes `docs/options.md` from the TSDoc of `src/options/options.ts`, so that the page cannot say something else than the
 * editor does. `--check` writes nothing and fails where the page is not current.
 *
 * The compiler that the build uses reads the file; its API is called unstable, which is why no more of it than the
 * syntax tree is used here.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  isFunctionTypeNode,
  isInterfaceDeclaration,
  isTypeAliasDeclaration,
} from 'typescript/unstable/ast/is'
import { API } from 'typescript/unstable/sync'
import { anchorOf } from './anchor.ts'

const ROOT = new URL('../', import.meta.url)
const SOURCE = fileURLToPath(new URL('src/options/options.ts', ROOT))
const CONFIG = fileURLToPath(new URL('tsconfig.json', ROOT))

/** The page that {@link optionsDoc} makes. */
export const PAGE: string = fileURLToPath(new URL('docs/options.md', ROOT))

/** Where an interface's options stand in what the user writes, apart from those that an option's type tells. */
const PREFIXES: Readonly<Record<string, string>> = {
  IsolateOptions: '',
  RouteIsolateOptions: 'config.isolate.',
}

interface Option {
  readonly name: string
  readonly type: string
  readonly text: string
}

interface Group {
  readonly name: string
  readonly text: string
  readonly options: readonly Option[]
}

interface Options {
  readonly groups: readonly Group[]
  /** The functions that options may be: their signature and what they are for. */
  readonly functions: readonly Option[]
}

type Documented = { readonly jsDoc?: readonly unknown[] | undefined }
type Comment = { readonly text?: string; readonly name?: { getText(): string } }

/** The text of a TSDoc comment, its tags left out. Links keep their TSDoc form until all names are known. */
function textOf(node: Documented): string {
  const comments = (node.jsDoc ?? []) as readonly { readonly comment?: readonly Comment[] }[]
  const parts = comments.at(-1)?.comment ?? []
  return parts
    .map((part) => (part.name === undefined ? part.text : `{@link ${part.name.getText()}}`))
    .join('')
    .replace(/\s*\n\s*/g, ' ')
    .trim()
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}

function readOptions(): Options {
  const api = new API({ cwd: fileURLToPath(ROOT) })
  try {
    const project = api.updateSnapshot({ openProjects: [CONFIG] }).getProject(CONFIG)
    const file = project?.program.getSourceFile(SOURCE)
    if (file === undefined) throw new Error(`${SOURCE} is not part of ${CONFIG}`)
    const groups: Group[] = []
    const functions: Option[] = []
    for (const node of file.statements) {
      if (isInterfaceDeclaration(node)) {
        const options = node.members.map((member) => {
          const { name, type } = member as unknown as Record<'name' | 'type', { getText(): string }>
          return { name: name.getText(), type: oneLine(type.getText()), text: textOf(member) }
        })
        groups.push({ name: node.name.text, text: textOf(node), options })
      } else if (isTypeAliasDeclaration(node) && isFunctionTypeNode(node.type)) {
        functions.push({ name: node.name.text, type: oneLine(node.type.getText()), text: textOf(node) })
      }
    }
    return { groups, functions }
  } finally {
    api.close()
  }
}

/** Finds where each interface's options stand: an option whose type is an interface gives it its own path. */
function pathsOf(groups: readonly Group[]): ReadonlyMap<string, string> {
  const paths = new Map(Object.entries(PREFIXES))
  const visit = (group: Group): void => {
    for (const { name, type } of group.options) {
      const inner = groups.find((other) => other.name === type)
      if (inner === undefined || paths.has(type)) continue
      paths.set(type, `${paths.get(group.name)}${name}.`)
      visit(inner)
    }
  }
  for (const group of groups) if (group.name in PREFIXES) visit(group)
  for (const { name } of groups) if (!paths.has(name)) throw new Error(`No option is of type ${name}`)
  return paths
}

/** In a table a `|` would end the cell, also inside of code. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function defaultOf(text: string): string {
  return /Default: (.*?)\.(?=\s|$)/.exec(text)?.[1] ?? ''
}

function makeLinker(groups: readonly Group[], paths: ReadonlyMap<string, string>): (text: string) => string {
  const linkTo = (target: string): string => {
    const [owner = '', option] = target.split('.')
    const path = paths.get(owner)
    if (path === undefined) return `\`${target}\``
    if (option === undefined) return `[\`${owner}\`](#${anchorOf(titleOf(owner, path))})`
    const known = groups.find((group) => group.name === owner)?.options.some(({ name }) => name === option)
    if (!known) throw new Error(`{@link ${target}} leads nowhere`)
    return `[\`${path}${option}\`](#${anchorOf(path + option)})`
  }
  return (text) => text.replace(/\{@link ([\w.]+)\}/g, (_whole, target: string) => linkTo(target))
}

function titleOf(name: string, path: string): string {
  if (name === 'IsolateOptions') return 'Options of isolate()'
  if (name === 'RouteIsolateOptions') return 'Options of a route'
  return `Options of ${path.slice(0, -1)}`
}

/** Not the name alone: an option is called the same but for its first letter, and would have the same anchor. */
function functionTitle(name: string): string {
  return `Function ${name}`
}

/** The page. */
export function optionsDoc(): string {
  const { groups, functions } = readOptions()
  const paths = pathsOf(groups)
  const link = makeLinker(groups, paths)
  const ordered = [...paths].map(([name]) => groups.find((group) => group.name === name) as Group)
  // What the plugin takes comes first, what a route may override last.
  ordered.sort((a, b) => Number(a.name === 'RouteIsolateOptions') - Number(b.name === 'RouteIsolateOptions'))

  const lines = [
    '<!-- Made by scripts/options-doc.ts from the comments in src/options/options.ts: change them there. -->',
    '',
    '# Options',
    '',
    'Every option is checked when the plugin is registered, and those of a route when the app gets ready. A wrong',
    'value or an unknown name is an error that says which option, what was expected, and what was given',
    '(`FST_ISOLATE_BAD_OPTION`). Times are in milliseconds.',
    '',
    '| Option | Type | Default |',
    '|---|---|---|',
  ]
  for (const { name, options } of ordered) {
    if (name === 'RouteIsolateOptions') continue
    for (const option of options) {
      const heading = paths.get(name) + option.name
      const shown = defaultOf(option.text)
      lines.push(`| [\`${heading}\`](#${anchorOf(heading)}) | \`${cell(option.type)}\` | ${cell(shown)} |`)
    }
  }
  for (const { name, text, options } of ordered) {
    const path = paths.get(name) ?? ''
    lines.push('', `## ${titleOf(name, path)}`, '', link(text))
    for (const option of options) {
      const seen = functions.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(option.type))
      const links = seen.map((one) => `[${one.name}](#${anchorOf(functionTitle(one.name))})`)
      const type = [`\`${option.type}\``, ...links].join(' · ')
      lines.push('', `### ${path}${option.name}`, '', type, '', link(option.text))
    }
  }
  lines.push('', '## Functions')
  for (const { name, type, text } of functions) {
    lines.push('', `### ${functionTitle(name)}`, '', `\`${type}\``, '', link(text))
  }
  return `${lines.join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = optionsDoc()
  if (!process.argv.includes('--check')) writeFileSync(PAGE, page)
  else if (readFileSync(PAGE, 'utf8') !== page) {
    console.error('docs/options.md is not current: npm run docs:options')
    process.exitCode = 1
  }
}
