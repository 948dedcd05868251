const WIDTHS = [30, 6, 6, 32]

function cell(text: string, width: number): string {
  return (text.length > width ? `${text.slice(0, width - 1)}…` : text).padEnd(width)
}

/** Formats a row of the table: 80 columns, no colour. */
export function row(cells: readonly string[]): string {
  return WIDTHS.map((width, i) => cell(cells[i] ?? '', width))
    .join('  ')
    .trimEnd()
}

/** The line under the heading. */
export function rule(): string {
  return WIDTHS.map((width) => '-'.repeat(width)).join('  ')
}

/** Matches the lines of a report that come in long lists. */
const REPEATED = /^ {4}at |^ {2}[0-9a-f]{16} {2}| ms {2}GET /
const KEPT = 3

/** Cuts a report to 80 columns, and each long list to its first lines. */
export function abridged(report: string): string {
  const lines: string[] = []
  let repeated = 0
  for (const line of [...report.split('\n'), '']) {
    if (REPEATED.test(line)) repeated += 1
    else {
      if (repeated > KEPT) lines.push(`    … ${repeated - KEPT} more`)
      repeated = 0
    }
    if (repeated <= KEPT) lines.push(line.length > 80 ? `${line.slice(0, 79)}…` : line)
  }
  return lines.join('\n').trimEnd()
}
