/** Returns the own or inherited symbol of an object that has this description. */
export function symbolOf(target: object, description: string): symbol | undefined {
  for (let holder: object | null = target; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const found = Object.getOwnPropertySymbols(holder).find((symbol) => symbol.description === description)
    if (found !== undefined) return found
  }
  return undefined
}
