import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { IEndpoints, IPod, IService } from 'kubernetes-models/v1'
import { configuration } from '../support/configuration.ts'
import { eventually } from '../support/eventually.ts'
import { Api } from './api.ts'
import { haveImage, type Image } from './images.ts'

/** Milliseconds that a step of the cluster may take on a busy machine. */
export const PATIENCE = 300_000

/** One container of the app, as its pod tells of it. */
export type ContainerStatus = NonNullable<NonNullable<IPod['status']>['containerStatuses']>[number]

let count = 0

/** Runs a scenario in a namespace of its own, which is removed whatever happens. */
export async function inNamespace<T>(scenario: (space: Namespace) => Promise<T>): Promise<T> {
  count += 1
  const space = new Namespace(`isolate-${process.pid}-${count}`)
  await space.create()
  try {
    return await scenario(space)
  } catch (error) {
    throw new Error(`${error}\n${await space.log()}`, { cause: error })
  } finally {
    await space.remove()
  }
}

/** A namespace of the cluster. */
export class Namespace {
  readonly name: string
  readonly #api: Api = new Api(process.env.KUBECONFIG!)
  readonly #ends: (() => Promise<void>)[] = []

  constructor(name: string) {
    this.name = name
  }

  async create(): Promise<void> {
    await kubectl(['create', 'namespace', this.name])
    // A pod needs it, and does not wait for it.
    await eventually('the service account', PATIENCE, () => this.#get('serviceaccounts/default'))
  }

  /** Has something done before the namespace is removed. */
  atEnd(end: () => Promise<void>): void {
    this.#ends.push(end)
  }

  async remove(): Promise<void> {
    for (const end of this.#ends) await end()
    this.#api.close()
    await kubectl(['delete', 'namespace', this.name, '--wait=false'])
  }

  /** Runs `kubectl` and resolves with what it printed. */
  kubectl(...args: readonly string[]): Promise<string> {
    return kubectl(['--namespace', this.name, ...args])
  }

  /** Whether `kubectl` ended with 0, and what it said. */
  async tryKubectl(...args: readonly string[]): Promise<{ readonly passed: boolean; readonly said: string }> {
    return this.kubectl(...args).then(
      (said) => ({ passed: true, said }),
      (error: Error) => ({ passed: false, said: error.message }),
    )
  }

  /** Applies a manifest. */
  async apply(manifest: string): Promise<void> {
    await kubectl(['--namespace', this.name, 'apply', '--filename', '-'], manifest)
  }

  /** Applies a file of the page, as it is. */
  async applyFile(file: string): Promise<void> {
    await this.apply(await configuration(`kubernetes/${file}`, {}))
  }

  /** Applies one with an app, which is to have that image. */
  async applyApp(file: string, image: Image): Promise<void> {
    await haveImage(image)
    await this.apply(await configuration(`kubernetes/${file}`, { 'image: app\n': `image: ${image}\n` }))
  }

  /** The pods of the app that are not about to end. */
  async pods(): Promise<IPod[]> {
    return (await this.allPods()).filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
  }

  /** With those that are. */
  async allPods(): Promise<readonly IPod[]> {
    return (await this.#get<{ items: IPod[] }>('pods')).items
  }

  /** The addresses to which the Service sends. */
  async endpoints(): Promise<string[]> {
    const { subsets = [] } = await this.#get<IEndpoints>('endpoints/app')
    return subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip))
  }

  async serviceAddress(): Promise<string> {
    return (await this.#get<IService>('services/app')).spec!.clusterIP!
  }

  /** Resolves with the pods when so many are there, all of them ready and known to the Service, and no others. */
  async untilReady(replicas: number): Promise<IPod[]> {
    return eventually(`${replicas} ready pods`, PATIENCE, async () => {
      const [pods, endpoints] = await Promise.all([this.allPods(), this.endpoints()])
      const ready = pods.filter((pod) => statusOf(pod)?.ready && endpoints.includes(addressOf(pod)))
      const settled = [pods, ready, endpoints].every(({ length }) => length === replicas)
      return settled && [...pods]
    })
  }

  pod(name: string): Promise<IPod> {
    return this.#get(`pods/${name}`)
  }

  /** Whether the cluster has that version of an API group: `policy/v1`. */
  async knows(group: string): Promise<boolean> {
    return (await kubectl(['api-versions'])).split('\n').includes(group)
  }

  /** What Kubernetes and the app said, for the message of a failure. */
  async log(): Promise<string> {
    const parts = [
      ['get', 'deployments,pods,endpoints', '--output', 'wide'],
      ['get', 'events', '--sort-by', '.lastTimestamp'],
      ['logs', '--selector', 'app=app', '--tail', '5', '--prefix'],
    ]
    const said = await Promise.all(parts.map((args) => this.tryKubectl(...args)))
    return said.map((one, i) => `--- kubectl ${parts[i]?.join(' ')}\n${one.said}`).join('\n')
  }

  #get<T>(path: string): Promise<T> {
    return this.#api.get<T>(`/api/v1/namespaces/${this.name}/${path}`)
  }
}

export function statusOf(pod: IPod): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.[0]
}

export function nameOf(pod: IPod): string {
  return pod.metadata!.name!
}

/** Empty as long as the pod has none. */
export function addressOf(pod: IPod): string {
  return pod.status?.podIP ?? ''
}

async function kubectl(args: readonly string[], input = ''): Promise<string> {
  const child = spawn('kubectl', args)
  child.stdin.end(input)
  const [out, error, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${code}\n${out}${error}`)
  return out.trim()
}
