/** One measured server: `node server.js CASE VARIANT`. It tells its CPU time whenever it is asked. */
import type { AddressInfo } from 'node:net'
import { makeApp } from './apps.ts'

const [name, variant] = process.argv.slice(2) as [string, string]
const app = makeApp(name, variant)
await app.listen({ port: 0, host: '127.0.0.1' })

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send?.({ cpu: user + system })
})
process.on('disconnect', () => process.exit(0))
process.send?.({ port: (app.server.address() as AddressInfo).port })
