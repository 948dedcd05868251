import path from 'node:path'

/** The folder of the repository. */
export const REPOSITORY: string = path.resolve(import.meta.dirname, '../../..')

/** The folder of the pages and of the configurations that they show. */
export const DOCS: string = path.join(REPOSITORY, 'docs/restarters')
