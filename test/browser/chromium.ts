import { existsSync } from 'node:fs'

const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Where Chromium is: what `CHROMIUM_PATH` names, or one of the usual places; undefined where there is none. */
export const CHROMIUM: string | undefined = [process.env.CHROMIUM_PATH, ...USUAL_PLACES].find(
  (path) => path !== undefined && existsSync(path),
)

/** Nothing but the page: no sandbox, which root cannot have, and no traffic of the browser's own. */
export const FLAGS: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
