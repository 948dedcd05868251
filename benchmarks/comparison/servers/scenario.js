/** What every server's routes do, so that they differ in nothing but the framework around them. */
import { Readable } from 'node:stream'

export const SECRET = 'SECRET-of-the-error'

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** The others that are in flight when something goes wrong. */
export async function slow() {
  await wait(700)
  return { ok: true }
}

export async function throwError() {
  await wait(1)
  throw new Error(SECRET)
}

export async function throwText() {
  await wait(1)
  throw SECRET
}

/** What an HTTP client throws when its upstream says 404: no concern of our own client. */
export async function throwUpstream() {
  await wait(1)
  throw Object.assign(new Error(SECRET), { statusCode: 404 })
}

export function throwInTimer() {
  setTimeout(() => {
    throw new Error(SECRET)
  }, 20)
  return new Promise(() => {})
}

export async function floatRejection() {
  Promise.reject(new Error(SECRET))
  await wait(50)
  return { ok: true }
}

/** An error of no request at all: a job in the background. */
export function throwInBackground() {
  process.on('SIGUSR2', () => {
    setTimeout(() => {
      throw new Error(SECRET)
    }, 1)
  })
}

/** Fails after its first bytes were sent. */
export function brokenStream() {
  return Readable.from(
    (async function* parts() {
      yield 'first part\n'
      await wait(50)
      throw new Error(SECRET)
    })(),
    { objectMode: false },
  )
}

export function listening(port) {
  console.log(`listening ${port}`)
}
