import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { startFixture } from '../support/child.ts'
import { CHROMIUM, FLAGS } from './chromium.ts'

// In CI a missing browser is a failure: a test that is skipped there would vanish without a word.
const skip =
  CHROMIUM === undefined && !process.env.CI ? 'no Chromium is installed (scripts/install-browser.sh)' : false

let browser: Browser

/** Opens a path of the fixture as a user would. */
async function visit(
  t: TestContext,
  path: string,
  { env = {}, javaScriptEnabled = true }: { env?: Record<string, string>; javaScriptEnabled?: boolean } = {},
) {
  const child = await startFixture(t, 'page', { env })
  const context = await browser.newContext({ javaScriptEnabled })
  t.after(() => context.close())
  const page = await context.newPage()
  const complaints: string[] = []
  const asked: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => asked.push(request.url()))
  const url = `http://127.0.0.1:${child.port}${path}`
  const response = await page.goto(url)
  assert.equal(response?.status(), 500)
  assert.deepEqual(asked, [url], 'the page needs nothing else')
  const line = await child.line(({ fault }) => fault !== undefined)
  /** What the browser said, apart from the status of the page. */
  const trouble = () =>
    complaints.filter((text) => !text.includes('the server responded with a status of 500'))
  return { page, line, trouble }
}

async function visibleText(page: Page, selector: string): Promise<string> {
  const found = page.locator(selector)
  assert.ok(await found.isVisible(), `${selector} is visible`)
  return (await found.innerText()).trim()
}

/** Pixels between the middle of the highlighted line and the middle of the text, both inside of the window. */
async function distanceToHighlight(page: Page, text: string): Promise<number> {
  const code = page.locator('.stack-frame.expanded pre')
  assert.ok(await code.isVisible(), 'the source is visible')
  const highlight = await page.locator('.stack-frame.expanded .line-highlight').boundingBox()
  const word = await code.getByText(text).first().boundingBox()
  assert.ok(highlight !== null && word !== null)
  return Math.abs(highlight.y + highlight.height / 2 - (word.y + word.height / 2))
}

describe('a failing route in Chromium', { skip }, () => {
  before(async () => {
    assert.ok(CHROMIUM, 'no Chromium is installed: scripts/install-browser.sh, or set CHROMIUM_PATH')
    browser = await chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS] })
  })
  after(() => browser?.close())

  for (const [how, env] of [
    ['as it is', {}],
    ['under the policy of @fastify/helmet', { HELMET: 'yes' }],
  ] as const) {
    it(`is a page that can be read and used, ${how}`, async (t) => {
      const { page, line, trouble } = await visit(t, '/total', { env })
      assert.equal(await page.title(), '500 Internal Server Error')
      assert.equal(await visibleText(page, '#error-name'), 'TypeError')
      assert.equal(
        await visibleText(page, '#error-message'),
        "Cannot read properties of null (reading 'length')",
      )
      assert.equal(
        await visibleText(page, '#error-hint'),
        `In the log: request ${line.reqId}, fault ${line.fault.id}`,
      )
      const frame = page.locator('.stack-frame.expanded')
      assert.match(await frame.innerText(), /fixtures\/page\.ts\s+in .*\s+at line \d+:\d+/)
      assert.match(await frame.innerText(), /return \{ total: prices!\.length \}/)
      assert.ok((await distanceToHighlight(page, 'return')) < 12, 'the line that failed is highlighted')
      // the styles are there: the heading is large, and the message is red
      const styles = await page.evaluate(`(() => {
        const { fontSize, color } = getComputedStyle(document.querySelector('#error-message'))
        return { fontSize, color }
      })()`)
      assert.deepEqual(styles, { fontSize: '22px', color: 'rgb(206, 44, 49)' })

      const closed = page.locator('.stack-frame-module').first()
      assert.ok(!(await closed.locator('pre').isVisible()))
      await closed.locator('.stack-frame-toggle-indicator').click()
      assert.ok(await closed.locator('pre').isVisible(), 'another frame can be opened')
      await page.locator('#raw-frames-toggle').click()
      assert.ok(await page.locator('#stack-frames-raw').isVisible(), 'the raw stack can be shown')
      await page.locator('#copy-error-btn').click()
      await page.locator('#copy-error-btn.copied').waitFor({ timeout: 60_000 })
      assert.deepEqual(trouble(), [])
    })
  }

  it('can be read without scripts', async (t) => {
    const { page } = await visit(t, '/total', { javaScriptEnabled: false })
    assert.match(await visibleText(page, '#error-message'), /Cannot read properties of null/)
    assert.match(await visibleText(page, '.stack-frame.expanded'), /return \{ total: prices!\.length \}/)
    assert.match(await visibleText(page, '#error-hint'), /request req-1, fault /)
  })

  it('shows all lines of a message, and what is behind the error, as text', async (t) => {
    const { page, trouble } = await visit(t, '/cause')
    assert.equal(await visibleText(page, '#error-message'), 'two\nlines')
    const causes = await visibleText(page, '.metadata-group:has-text("Causes")')
    assert.match(causes, /^cause\s+AggregateError: no replica answered\n {4}at .*fixtures\/page\.ts:\d+:\d+/m)
    assert.match(causes, /^cause\.errors\[0\]\s+RangeError: replica <b>1<\/b> is slow\n {4}at /m)
    assert.equal(await page.locator('b').count(), 0)
    assert.deepEqual(trouble(), [])
  })

  it('keeps a message of one long word inside of its frame', async (t) => {
    const { page } = await visit(t, '/long')
    const boxes = ['span:first-child', 'span + span', 'button'].map((part) =>
      page.locator(`#error-message > ${part}`).boundingBox(),
    )
    const [icon, text, button] = await Promise.all(boxes)
    assert.ok(icon && text && button)
    assert.ok(icon.x + icon.width <= text.x && text.x + text.width <= button.x, 'nothing overlaps')
    assert.ok(icon.width >= 24 && button.width >= 24, 'and nothing is squeezed')
  })

  it('is shown for an error that escaped', async (t) => {
    const { page } = await visit(t, '/escape')
    assert.equal(await visibleText(page, '#error-message'), 'thrown by a timer')
    assert.match(await visibleText(page, '.stack-frame.expanded'), /throw new RangeError\(/)
  })

  it('tells nothing in production', async (t) => {
    const { page, line } = await visit(t, '/total', { env: { EXPOSE: 'false' } })
    const { requestId, ...body } = JSON.parse(await page.locator('pre').innerText())
    const phrase = 'Internal Server Error'
    assert.deepEqual(body, { statusCode: 500, error: phrase, message: phrase })
    assert.equal(requestId, line.reqId)
  })
})
