// Plotly's figures. Plotly comes from the JupyterLab extension in its Python package, so that every
// kind of server has the same copy.

import { PLOTLY } from "./drawn.js";
import { drawnWidth, plotlyOfExtension } from "./upstream.js";

/** @type {() => void} */
let loaded;
/** @type {(error: Error) => void} */
let failed;

/** Plotly's library, when its extension is there. */
const plotly = new Promise((resolve, reject) => {
  loaded = () => resolve(plotlyOfExtension(PLOTLY));
  failed = reject;
});
plotly.catch(() => {}); // `draw` reports the error

/** Load the extension, unless the page has done so itself. */
function needPlotly() {
  const template = document.querySelector(
    /** @type {"template"} */ ("template#plotly-extension"),
  );
  if (template) document.head.append(template.content);
  template?.remove();
}

// The page calls one of these when the extension has been loaded, or could not be loaded.
export const plotlyIsHere = () => loaded();
export const plotlyIsLost = () => failed(new Error("Plotly could not be loaded"));

// Figures are drawn one after another, with a pause in between in which the page can react. The
// pause after the first figure is longer, since the browser then compiles most of Plotly.
/** @type {Promise<unknown>} */
let turn = Promise.resolve();
let pause = 300; // ms

/** @param {() => Promise<void>} act */
function inTurn(act) {
  const done = turn.then(act);
  const rest = () => new Promise((resolve) => setTimeout(resolve, pause)).then(() => (pause = 0));
  turn = done.catch(() => {}).then(rest);
  return done;
}

/** The next paint: a list that has just arrived is seen before its charts are drawn again. */
const paint = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));

/** An element for a figure. `draw` replaces the figure, and only what differs is drawn again. */
export function figurePlace() {
  const node = document.createElement("div");
  /** @type {unknown} */
  let wanted;

  /** @param {{ data: object[], layout: object, config?: object }} figure */
  async function draw(figure) {
    wanted = figure;
    needPlotly();
    try {
      const { react } = await plotly;
      if (drawnWidth(node)) await paint();
      await inTurn(async () => {
        // Skip it if a newer figure has arrived meanwhile.
        if (figure === wanted) await react(node, figure.data, figure.layout, figure.config);
      });
    } catch (problem) {
      const { message } = /** @type {Error} */ (problem);
      node.textContent = `This chart cannot be drawn (${message}). Reload the page.`;
    }
  }

  // Its width changes if it was drawn while hidden, or when a chart beside it is closed.
  new ResizeObserver(async ([{ contentRect }]) => {
    const { Plots } = await plotly;
    const drawn = drawnWidth(node);
    if (drawn && contentRect.width && Math.abs(drawn - contentRect.width) >= 1) Plots.resize(node);
  }).observe(node);

  async function clear() {
    wanted = undefined; // a figure that waits for its turn is not drawn after all
    (await plotly).purge(node);
  }

  return { node, draw, clear };
}
