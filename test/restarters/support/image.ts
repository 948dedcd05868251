import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { DOCS } from './repository.ts'
import type { StagedApp } from './staged-app.ts'

/** The user `node` of the official image. */
const USER = 1000

/** Makes the image `app` of a staged app, with the `import` command of Docker or Podman. */
export async function importImage(
  app: StagedApp,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const changes = (await instructions()).flatMap((line) => ['--change', line])
  const root = path.join(app.folder, 'image')
  await makeRoot(app, root)
  const tar = spawn('tar', ['-C', root, '-cf', '-', '.'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const load = spawn(program, [...args, 'import', ...changes, '-', 'app'], {
    stdio: [tar.stdout, 'ignore', 'inherit'],
    env,
  })
  const [[packed], [loaded]] = await Promise.all([once(tar, 'exit'), once(load, 'exit')])
  if (packed !== 0 || loaded !== 0)
    throw new Error(`no image: tar ended with ${packed}, import with ${loaded}`)
  await rm(root, { recursive: true })
}

/**
 * What the Dockerfile of the docs says of how the image is run. FROM, COPY and RUN, which need a registry, are
 * done by {@link makeRoot}.
 */
async function instructions(): Promise<string[]> {
  const text = await readFile(path.join(DOCS, 'docker/Dockerfile'), 'utf8')
  return text.split('\n').filter((line) => /^(WORKDIR|ENV|USER|CMD|STOPSIGNAL) /.test(line))
}

/** What the Dockerfile builds, from the Node.js and the libraries of this machine. */
async function makeRoot(app: StagedApp, root: string): Promise<void> {
  const node = await promisify(execFile)('ldd', [process.execPath])
  const libraries = node.stdout.match(/\/\S+/g) ?? []
  const copies: [from: string, to: string][] = [
    [process.execPath, '/usr/local/bin/node'],
    ...libraries.map((library): [string, string] => [library, library]),
    [app.app, '/srv/app'],
  ]
  for (const [from, to] of copies) await cp(from, path.join(root, to), { recursive: true, dereference: true })
  await mkdir(path.join(root, 'tmp'))
  await mkdir(path.join(root, 'etc'))
  await writeFile(path.join(root, 'etc/passwd'), `node:x:${USER}:${USER}::/:/bin/sh\n`)
  await writeFile(path.join(root, 'etc/group'), `node:x:${USER}:\n`)
  await mkdir(path.join(root, 'reports'))
  await chown(path.join(root, 'reports'), USER, USER)
}
