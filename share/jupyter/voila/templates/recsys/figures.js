// Plotly's figures. Plotly comes from the JupyterLab extension in its Python package, so that every
// kind of server has the same copy.

const PLOTLY = "application/vnd.plotly.v1+json";

const plotly = new Promise((resolve, reject) => {
  // The page calls one of these when the extension has been loaded, or could not be loaded.
  window.plotlyIsHere = () => resolve(plotlyOfExtension(PLOTLY));
  window.plotlyIsLost = () => reject(new Error("Plotly could not be loaded"));
});
plotly.catch(() => {}); // `draw` reports the error

// Figures are drawn one after another, with a pause in between in which the page can react. The
// pause after the first figure is longer, since the browser then compiles most of Plotly.
let turn = Promise.resolve();
let pause = 300; // ms

function inTurn(act) {
  const done = turn.then(act);
  const rest = () => new Promise((resolve) => setTimeout(resolve, pause)).then(() => (pause = 0));
  turn = done.catch(() => {}).then(rest);
  return done;
}

// An element for a figure. `draw` replaces the figure, and only what differs is drawn again.
function figurePlace() {
  const node = document.createElement("div");
  let wanted;

  async function draw(figure) {
    wanted = figure;
    try {
      const { react } = await plotly;
      await inTurn(async () => {
        // Skip it if a newer figure has arrived meanwhile.
        if (figure === wanted) await react(node, figure.data, figure.layout, figure.config);
      });
    } catch (problem) {
      node.textContent = `This chart cannot be drawn (${problem.message}). Reload the page.`;
    }
  }

  // Its width changes if it was drawn while hidden, or when a chart beside it is closed.
  new ResizeObserver(async ([{ contentRect }]) => {
    const { Plots } = await plotly;
    const drawn = drawnWidth(node);
    if (drawn && contentRect.width && Math.abs(drawn - contentRect.width) >= 1) Plots.resize(node);
  }).observe(node);

  return { node, draw, clear: async () => (await plotly).purge(node) };
}
