/**
 * Writes `docs/options.md` from the table of the options in `src/options/table.ts` and from the TSDoc of their
 * types in `src/options/options.ts`, so that the page always says what the code does. `--check` writes nothing and
 * fails where the page is not current.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { OPTIONS, ROUTE_OPTIONS, rowsOf, type Table } from '../src/options/table.ts'
import { anchorOf } from './anchor.ts'
import { defaultOf } from './options-doc/default.ts'
import { type Documented, type PublicOptions, readPublicOptions } from './options-doc/public-options.ts'

/** The page that {@link optionsDoc} makes. */
export const PAGE: string = fileURLToPath(new URL('../docs/options.md', import.meta.url))

interface Option extends Documented {
  /** `leave.deadline`. */
  readonly path: string
  readonly default: string
}

/** The options of one type, and where the user writes them. */
interface Section {
  readonly typeName: string
  /** `leave.`, or nothing. */
  readonly prefix: string
  readonly text: string
  readonly options: readonly Option[]
}

/** Returns a section for the table, then one for each group in it. */
function sectionsOf<T>(
  table: Table<T>,
  typeName: string,
  prefix: string,
  types: PublicOptions['types'],
): Section[] {
  const type = types.get(typeName)
  const inner: Section[] = []
  const options = rowsOf(table).map(([name, row]) => {
    const documented = type?.options.find((option) => option.name === name)
    if (documented === undefined) throw new Error(`${typeName} has no option ${name}`)
    const path = prefix + name
    if ('options' in row) {
      const group = documented.type.split(' | ').find((each) => types.has(each)) ?? documented.type
      inner.push(...sectionsOf(row.options, group, `${path}.`, types))
    }
    return { ...documented, path, default: defaultOf(path, row, documented.text) }
  })
  return [{ typeName, prefix, text: type?.text ?? '', options }, ...inner]
}

/** In a table a `|` would end the cell, also inside of code. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

function titleOf({ typeName, prefix }: Section): string {
  if (typeName === 'IsolateOptions') return 'Options of isolate()'
  if (typeName === 'RouteIsolateOptions') return 'Options of a route'
  return `Options of ${prefix.slice(0, -1)}`
}

function linkToOption(path: string): string {
  return `[\`${path}\`](#${anchorOf(path)})`
}

function makeLinker(sections: readonly Section[]): (text: string) => string {
  const linkTo = (target: string): string => {
    const [typeName, name] = target.split('.')
    const section = sections.find((other) => other.typeName === typeName)
    if (section === undefined) return `\`${target}\``
    if (name === undefined) return `[\`${typeName}\`](#${anchorOf(titleOf(section))})`
    const option = section.options.find((other) => other.name === name)
    if (option === undefined) throw new Error(`{@link ${target}} leads nowhere`)
    return linkToOption(option.path)
  }
  return (text) => text.replace(/\{@link ([\w.]+)\}/g, (_whole, target: string) => linkTo(target))
}

/** Adds the word, because an option has the same name but for its first letter, and would have the same anchor. */
function functionTitle(name: string): string {
  return `Function ${name}`
}

function typeLine(type: string, functions: PublicOptions['functions']): string {
  const seen = functions.filter(({ name }) => new RegExp(`\\b${name}\\b`).test(type))
  const links = seen.map(({ name }) => `[${name}](#${anchorOf(functionTitle(name))})`)
  return [`\`${type}\``, ...links].join(' · ')
}

/** Returns the text of the page. */
export function optionsDoc(): string {
  const { types, functions } = readPublicOptions()
  const ofApp = sectionsOf(OPTIONS, 'IsolateOptions', '', types)
  const ofRoute = sectionsOf(ROUTE_OPTIONS, 'RouteIsolateOptions', '', types)
  const link = makeLinker([...ofApp, ...ofRoute])

  const lines = [
    '<!-- Made by scripts/options-doc.ts from src/options/table.ts and the comments in src/options/options.ts: change them there. -->',
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
  for (const option of ofApp.flatMap(({ options }) => options)) {
    lines.push(`| ${linkToOption(option.path)} | \`${cell(option.type)}\` | ${cell(option.default)} |`)
  }
  for (const section of ofApp) {
    lines.push('', `## ${titleOf(section)}`, '', link(section.text))
    for (const { path, type, text } of section.options) {
      lines.push('', `### ${path}`, '', typeLine(type, functions), '', link(text))
    }
  }
  const [ofRouteItself] = ofRoute as [Section]
  lines.push('', `## ${titleOf(ofRouteItself)}`, '', link(ofRouteItself.text), '')
  for (const { path } of ofRoute.flatMap(({ options }) => options)) lines.push(`- ${linkToOption(path)}`)
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
