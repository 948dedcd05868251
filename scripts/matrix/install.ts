import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'

/**
 * Installs one package of the npm registry into a folder that holds nothing else.
 *
 * @throws Error When npm fails; its output is on stderr.
 */
export function install(folder: string, spec: string): void {
  mkdirSync(folder, { recursive: true })
  const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--silent']
  execFileSync('npm', ['install', ...flags, '--prefix', folder, spec], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
