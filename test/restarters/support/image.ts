import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { DOCS } from './repository.ts'
import type { StagedApp } from './staged-app.ts'

/** The user `node` of the official image. */
const USER = 1000

/** A program that keeps images and containers: `docker` or `podman`. */
export interface ContainerProgram {
  readonly command: string
  /** Options that go before its own commands. */
  readonly options: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

/** Runs a container program and resolves with what it printed. */
export async function runContainerProgram(
  { command, options, env }: ContainerProgram,
  ...args: readonly string[]
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, [...options, ...args], { env })
  return stdout.trim()
}

/**
 * Makes the image `base`: what the Dockerfile of the docs makes but for the app.
 *
 * @param folder Empty and on a real disk.
 */
export async function importBase(program: ContainerProgram, folder: string): Promise<void> {
  await makeRoot(folder)
  const changes = (await instructions()).flatMap((line) => ['--change', line])
  const tar = spawn('tar', ['-C', folder, '-cf', '-', '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const load = spawn(program.command, [...program.options, 'import', ...changes, '-', 'base'], {
    stdio: [tar.stdout, 'ignore', 'pipe'],
    env: program.env,
  })
  let said = ''
  load.stderr.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const [[packed], [loaded]] = await Promise.all([once(tar, 'exit'), once(load, 'exit')])
  if (packed !== 0 || loaded !== 0)
    throw new Error(`no image: tar ended with ${packed}, import with ${loaded}: ${said}`)
}

/**
 * Makes an image of a staged app: `COPY` without a registry.
 *
 * @param image Default: `app`.
 */
export async function addApp(program: ContainerProgram, app: StagedApp, image = 'app'): Promise<void> {
  const run = (...args: string[]) => runContainerProgram(program, ...args)
  await run('create', '--name', 'build', 'base')
  await run('cp', `${app.app}/.`, 'build:/srv/app')
  await run('commit', 'build', image)
  await run('rm', 'build')
}

/**
 * What the Dockerfile of the docs says of how the image is run. FROM, COPY and RUN need a registry: {@link
 * makeRoot} and {@link addApp} stand in for them.
 */
async function instructions(): Promise<string[]> {
  const text = await readFile(path.join(DOCS, 'docker/Dockerfile'), 'utf8')
  return text.split('\n').filter((line) => /^(WORKDIR|ENV|USER|CMD|STOPSIGNAL) /.test(line))
}

/** What the Dockerfile builds before it copies the app, from the Node.js and the libraries of this machine. */
async function makeRoot(root: string): Promise<void> {
  const node = await promisify(execFile)('ldd', [process.execPath])
  const libraries = node.stdout.match(/\/\S+/g) ?? []
  const copies: [from: string, to: string][] = [
    [process.execPath, '/usr/local/bin/node'],
    ...libraries.map((library): [string, string] => [library, library]),
  ]
  for (const [from, to] of copies) await cp(from, path.join(root, to), { recursive: true, dereference: true })
  await mkdir(path.join(root, 'tmp'))
  await mkdir(path.join(root, 'srv/app'), { recursive: true })
  await mkdir(path.join(root, 'etc'))
  await writeFile(path.join(root, 'etc/passwd'), `node:x:${USER}:${USER}::/:/bin/sh\n`)
  await writeFile(path.join(root, 'etc/group'), `node:x:${USER}:\n`)
  await mkdir(path.join(root, 'reports'))
  await chown(path.join(root, 'reports'), USER, USER)
}
