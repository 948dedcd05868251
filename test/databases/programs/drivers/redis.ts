import { createClient } from 'redis'
import type { Driver } from '../driver.ts'

const create = (port: number) => createClient({ socket: { host: '127.0.0.1', port } })
type Client = ReturnType<typeof create>

async function kill(client: Client, port: number): Promise<void> {
  const id = await client.sendCommand(['CLIENT', 'ID'])
  const admin = await create(port).connect()
  await admin.sendCommand(['CLIENT', 'KILL', 'ID', `${id}`])
  await admin.close()
}

export const driver: Driver<Client> = {
  connect: create,
  ping: async (client) => {
    if (!client.isOpen) await client.connect()
    await client.ping()
  },
  uses: {
    awaited: (client) => client.sendCommand(['nonsense']),
    forgotten: (client) => void client.sendCommand(['nonsense']),
    'connection lost': (client, _bug, port) => kill(client, port),
  },
}
