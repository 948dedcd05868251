import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Writes a text into a page, in place of what stands between two markers.
 *
 * @param page The path or the URL of the page.
 * @throws Error Where the page does not have the markers.
 */
export function writeBlock(page: string | URL, start: string, end: string, text: string): void {
  const whole = readFileSync(page, 'utf8')
  const from = whole.indexOf(start)
  const to = whole.indexOf(end, from)
  if (from === -1 || to === -1) throw new Error(`${page} has no place between ${start} and ${end}`)
  writeFileSync(page, `${whole.slice(0, from + start.length)}\n\n${text}\n\n${whole.slice(to)}`)
}
