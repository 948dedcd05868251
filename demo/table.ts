const WIDTHS = [30, 6, 6, 32]

function cell(text: string, width: number): string {
  return (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width)
}

/** One row of the table: 80 columns, no colour. */
export function row(cells: readonly string[]): string {
  return WIDTHS.map((width, i) => cell(cells[i] ?? '', width))
    .join('  ')
    .trimEnd()
}

/** The line under the heading. */
export function rule(): string {
  return WIDTHS.map((width) => '-'.repeat(width)).join('  ')
}
