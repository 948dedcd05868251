import { testFlush } from '../support/flushed.ts'

for (const logger of ['transport', 'pretty', 'custom']) testFlush(logger)
