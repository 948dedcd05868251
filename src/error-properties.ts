/**
 * The properties that nearly every fault is asked for. Each function returns undefined where there is none, or where
 * reading it throws. There is one for each name because V8 remembers at each place where a property was found: a
 * function that is given the name has to look for it each time.
 */
type Read = (error: unknown) => unknown

export const readCode: Read = (error) => {
  try {
    return (error as { code?: unknown } | null | undefined)?.code
  } catch {
    return undefined
  }
}

export const readName: Read = (error) => {
  try {
    return (error as { name?: unknown } | null | undefined)?.name
  } catch {
    return undefined
  }
}

export const readMessage: Read = (error) => {
  try {
    return (error as { message?: unknown } | null | undefined)?.message
  } catch {
    return undefined
  }
}

export const readStatusCode: Read = (error) => {
  try {
    return (error as { statusCode?: unknown } | null | undefined)?.statusCode
  } catch {
    return undefined
  }
}

export const readCause: Read = (error) => {
  try {
    return (error as { cause?: unknown } | null | undefined)?.cause
  } catch {
    return undefined
  }
}

export const readErrors: Read = (error) => {
  try {
    return (error as { errors?: unknown } | null | undefined)?.errors
  } catch {
    return undefined
  }
}

export const readExpose: Read = (error) => {
  try {
    return (error as { expose?: unknown } | null | undefined)?.expose
  } catch {
    return undefined
  }
}

export const readStack: Read = (error) => {
  try {
    return (error as { stack?: unknown } | null | undefined)?.stack
  } catch {
    return undefined
  }
}

export const readConstructorName: Read = (error) => {
  try {
    return (error as { constructor?: { name?: unknown } } | null | undefined)?.constructor?.name
  } catch {
    return undefined
  }
}
