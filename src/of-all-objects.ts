/** The most prototypes that are asked: a Proxy may have ever new ones. */
const MAX_PROTOTYPES = 100

const BUILT_IN: ReadonlySet<PropertyKey> = new Set(Reflect.ownKeys(Object.prototype))

/**
 * Whether a value has a property only because somebody has added it to the prototype of all objects: it says nothing of
 * this value.
 *
 * @throws What a Proxy throws.
 */
export function isOfAllObjects(value: unknown, key: PropertyKey): boolean {
  if (!Object.hasOwn(Object.prototype, key) || BUILT_IN.has(key)) return false
  let holder: object | null = Object(value)
  for (let depth = 0; holder !== null && holder !== Object.prototype && depth < MAX_PROTOTYPES; depth += 1) {
    if (Object.hasOwn(holder, key)) return false
    holder = Object.getPrototypeOf(holder)
  }
  return true
}
