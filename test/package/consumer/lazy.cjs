require('fastify-isolate')

/** The packages of which something was read. */
const packages = Object.keys(require.cache)
  .filter((file) => file !== __filename)
  .map(
    (file) =>
      file
        .split(/[\\/]node_modules[\\/]/)
        .at(-1)
        .split(/[\\/]/)[0],
  )
console.log(JSON.stringify([...new Set(packages)].sort()))
