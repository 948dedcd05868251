import type { AnyRow, Row } from '../../src/options/table.ts'

/**
 * Returns an option's default as the docs write it: the value in the table, and what its comment adds after a
 * comma.
 *
 * @param path The option's name, for the error.
 * @param row The option in the table.
 * @param text The option's comment.
 * @throws Error where the comment says something else than the table.
 */
export function defaultOf(path: string, row: AnyRow, text: string): string {
  const inTable = written(row)
  const inComment = /Default: (.*?)\.(?=\s|$)/.exec(text)?.[1] ?? ''
  if (inComment === inTable || inComment.startsWith(`${inTable}, `)) return inComment
  throw new Error(`The default of \`${path}\` is ${inTable}, its comment says: ${inComment}`)
}

function written(row: AnyRow): string {
  if ('options' in row) return 'default' in row ? writtenValue(row.default) : 'those of its options'
  if (!('default' in row)) return 'none'
  const elsewhere = writtenValue(defaultIn(row, undefined))
  const inKubernetes = writtenValue(defaultIn(row, '10.0.0.1'))
  return inKubernetes === elsewhere ? elsewhere : `${inKubernetes} in Kubernetes, ${elsewhere} elsewhere`
}

/** Returns the default with this address of the Kubernetes API in the environment. */
function defaultIn(row: Row<unknown>, address: string | undefined): unknown {
  const { env } = process
  process.env = address === undefined ? {} : { KUBERNETES_SERVICE_HOST: address }
  try {
    return row.default
  } finally {
    process.env = env
  }
}

function writtenValue(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'none'
  if (typeof value === 'string') return `\`'${value}'\``
  if (typeof value === 'number') return value.toLocaleString('en').replaceAll(',', ' ')
  return String(value)
}
