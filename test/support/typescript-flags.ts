/** The flags that a Node of any supported version needs to run a TypeScript program of this repository. */
export const TYPESCRIPT: readonly string[] = ['--import', new URL('./typescript.js', import.meta.url).href]
