import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { temporaryFolder } from '../support/folder.ts'
import { ROOT } from '../support/markdown.ts'
import { TYPESCRIPT } from '../support/typescript-flags.ts'

/** What `npm run test:restarters` prints and ends with where CI asks for all restarters, and no Kubernetes is built. */
async function withoutCluster(cache: string, ...args: string[]): Promise<{ code: number; out: string }> {
  const { KIND_CLUSTER, ...rest } = process.env
  const env = { ...rest, CI: 'true', KUBERNETES_CACHE: cache }
  const run = ['test/restarters/run.ts', ...args, 'kubernetes']
  return promisify(execFile)(process.execPath, [...TYPESCRIPT, ...run], { cwd: ROOT, env }).then(
    ({ stdout }) => ({ code: 0, out: stdout }),
    ({ code, stdout }) => ({ code, out: stdout }),
  )
}

test('where no Kubernetes is built, CI goes without it, and says so; --require does not', async (t) => {
  const cache = temporaryFolder(t)
  const [left, required] = await Promise.all([withoutCluster(cache), withoutCluster(cache, '--require')])
  assert.match(left.out, /^SKIPPED kubernetes: /m)
  assert.equal(left.code, 0)
  assert.match(required.out, /^FAILED kubernetes: /m)
  assert.equal(required.code, 1)
})

test('a machine that cannot build a Kubernetes is told so, and nothing fails', (t) => {
  const programs = temporaryFolder(t)
  for (const program of ['bash', 'dirname', 'id']) symlinkSync(`/usr/bin/${program}`, join(programs, program))
  const env = { PATH: programs, HOME: programs }
  const script = join(ROOT, 'scripts/install-restarters.sh')
  const { status, stdout, stderr } = spawnSync(script, ['--kubernetes'], { env, encoding: 'utf8' })
  assert.match(stdout, /^Skipped: no Kubernetes is built, since /)
  assert.equal(status, 0, stderr)
})

test('the workflow asks for the Kubernetes of the cluster that it has made', () => {
  const text = readFileSync(`${ROOT}.github/workflows/kubernetes.yml`, 'utf8')
  const made = /kind create cluster --name (\S+)/.exec(text)?.[1]
  const used = /KIND_CLUSTER=(\S+) npm run test:restarters -- --require .*kubernetes$/m.exec(text)?.[1]
  assert.ok(made !== undefined)
  assert.equal(used, made)
})
