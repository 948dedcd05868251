import { readFileSync } from 'node:fs'
import https from 'node:https'
import { parse } from 'yaml'

/** What this needs of kubectl's configuration file. */
interface Kubeconfig {
  readonly clusters: readonly [
    {
      readonly cluster: {
        readonly server: string
        readonly 'certificate-authority-data'?: string
        readonly 'insecure-skip-tls-verify'?: boolean
      }
    },
  ]
  readonly users: readonly [
    {
      readonly user: {
        readonly token?: string
        readonly 'client-certificate-data'?: string
        readonly 'client-key-data'?: string
      }
    },
  ]
}

/** Asks the API server: what is asked twenty times a second is too much for a process of kubectl each. */
export class Api {
  readonly #server: string
  readonly #agent: https.Agent
  readonly #headers: Readonly<Record<string, string>>

  /** @param kubeconfig The path of a file with one cluster and one user. */
  constructor(kubeconfig: string) {
    const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig
    const { cluster } = clusters[0]
    const { user } = users[0]
    this.#server = cluster.server
    this.#headers = user.token === undefined ? {} : { authorization: `Bearer ${user.token}` }
    this.#agent = new https.Agent({
      keepAlive: true,
      ca: decoded(cluster['certificate-authority-data']),
      cert: decoded(user['client-certificate-data']),
      key: decoded(user['client-key-data']),
      rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
    })
  }

  /** @throws {Error} Where the answer is not 200. */
  get<T>(path: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const options = { agent: this.#agent, headers: this.#headers, timeout: 10_000 }
      const request = https.get(this.#server + path, options, async (response) => {
        try {
          const body = Buffer.concat(await response.toArray()).toString()
          if (response.statusCode !== 200) throw new Error(`GET ${path}: ${response.statusCode} ${body}`)
          resolve(JSON.parse(body))
        } catch (error) {
          reject(error)
        }
      })
      request.once('error', reject)
      request.once('timeout', () => request.destroy(new Error(`GET ${path}: no answer`)))
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

function decoded(base64: string | undefined): Buffer | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64')
}
