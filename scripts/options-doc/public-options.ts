/**
 * Reads the public types of the options, and what their comments say.
 *
 * The compiler that the build uses reads the file; its API is called unstable, which is why no more of it than the
 * syntax tree is used here.
 */
import { fileURLToPath } from 'node:url'
import {
  isFunctionTypeNode,
  isInterfaceDeclaration,
  isTypeAliasDeclaration,
} from 'typescript/unstable/ast/is'
import { API } from 'typescript/unstable/sync'

const ROOT = new URL('../../', import.meta.url)
const SOURCE = fileURLToPath(new URL('src/options/options.ts', ROOT))
const CONFIG = fileURLToPath(new URL('tsconfig.json', ROOT))

/** An option, or a function that an option may be. */
export interface Documented {
  readonly name: string
  readonly type: string
  readonly text: string
}

/** A type of which each property is an option. */
export interface OptionsType {
  readonly text: string
  /** Those that it inherits come first. */
  readonly options: readonly Documented[]
}

/** What `src/options/options.ts` declares. */
export interface PublicOptions {
  readonly types: ReadonlyMap<string, OptionsType>
  readonly functions: readonly Documented[]
}

type Commented = { readonly jsDoc?: readonly unknown[] | undefined }
type Comment = { readonly text?: string; readonly name?: { getText(): string } }

/** Returns the text of a TSDoc comment without its tags. Links keep their TSDoc form until all names are known. */
function textOf(node: Commented): string {
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

/** Reads the types, each after the one that it extends. */
export function readPublicOptions(): PublicOptions {
  const api = new API({ cwd: fileURLToPath(ROOT) })
  try {
    const project = api.updateSnapshot({ openProjects: [CONFIG] }).getProject(CONFIG)
    const file = project?.program.getSourceFile(SOURCE)
    if (file === undefined) throw new Error(`${SOURCE} is not part of ${CONFIG}`)
    const types = new Map<string, OptionsType>()
    const functions: Documented[] = []
    for (const node of file.statements) {
      if (isInterfaceDeclaration(node)) {
        const extended = (node.heritageClauses ?? []).flatMap((clause) => clause.types)
        const inherited = extended.flatMap((type) => types.get(type.getText())?.options ?? [])
        const own = node.members.map((member) => {
          const { name, type } = member as unknown as Record<'name' | 'type', { getText(): string }>
          return { name: name.getText(), type: oneLine(type.getText()), text: textOf(member) }
        })
        types.set(node.name.text, { text: textOf(node), options: [...inherited, ...own] })
      } else if (isTypeAliasDeclaration(node) && isFunctionTypeNode(node.type)) {
        functions.push({ name: node.name.text, type: oneLine(node.type.getText()), text: textOf(node) })
      }
    }
    return { types, functions }
  } finally {
    api.close()
  }
}
