import { isOfAllObjects } from './of-all-objects.ts'

/**
 * Reads one property of whatever was thrown. Undefined where there is none, where reading it throws, and, for what
 * decides something, where all objects have it. There is a function for each name because V8 remembers at each place
 * where it found a property: a function that is given the name has to look for it each time.
 */
type Read = (error: unknown) => unknown

export const readCode: Read = (error) => {
  try {
    const value = (error as { code?: unknown } | null | undefined)?.code
    return value === undefined || isOfAllObjects(error, 'code') ? undefined : value
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
    const value = (error as { statusCode?: unknown } | null | undefined)?.statusCode
    return value === undefined || isOfAllObjects(error, 'statusCode') ? undefined : value
  } catch {
    return undefined
  }
}

export const readCause: Read = (error) => {
  try {
    const value = (error as { cause?: unknown } | null | undefined)?.cause
    return value === undefined || isOfAllObjects(error, 'cause') ? undefined : value
  } catch {
    return undefined
  }
}

export const readErrors: Read = (error) => {
  try {
    const value = (error as { errors?: unknown } | null | undefined)?.errors
    return value === undefined || isOfAllObjects(error, 'errors') ? undefined : value
  } catch {
    return undefined
  }
}

export const readExpose: Read = (error) => {
  try {
    const value = (error as { expose?: unknown } | null | undefined)?.expose
    return value === undefined || isOfAllObjects(error, 'expose') ? undefined : value
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
