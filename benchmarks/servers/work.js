/** What the routes of every server do, so that they differ in nothing but the framework around them. */

export const text = () => 'hello'

export async function json({ name, tags }) {
  await null
  await null
  await null
  return { id: 1, name, tags, nested: { deep: true } }
}

export function fail() {
  throw new Error('a bug')
}
