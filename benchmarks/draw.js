/** Draws a chart of Vega-Lite. Not compiled, for its packages are those of `benchmarks`, which not everybody has. */
import * as vega from 'vega'
import { compile } from 'vega-lite'

export async function draw(chart) {
  const view = new vega.View(vega.parse(compile(chart).spec), { renderer: 'none' })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}
