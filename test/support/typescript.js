/**
 * Preloaded into every process that runs TypeScript of this repository: a Node that does not strip types itself
 * gets `tsx`. It is JavaScript, for it runs before anything can read TypeScript.
 */
if (!process.features.typescript) {
  const { register } = await import('tsx/esm/api')
  // looking for a tsconfig.json fails in a process whose folder is gone, and no program needs it
  register({ tsconfig: false })
}
