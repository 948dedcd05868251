import sharp from 'sharp'
import type { Driver } from '../driver.ts'

const image = () => sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } }).png()

export const driver: Driver = {
  connect: () => undefined,
  ping: async () => {},
  uses: {
    awaited: () => sharp(Buffer.from('no image')).toBuffer(),
    forgotten: () => void sharp(Buffer.from('no image')).toBuffer(),
    'throw in a callback': (_client, bug) => void image().toBuffer(bug),
  },
}
