// Plotly's figures. Plotly comes from the extension for JupyterLab that the package brings along,
// so that there is one copy of it, the same in every kind of server.

const PLOTLY = "application/vnd.plotly.v1+json";

const plotly = new Promise((resolve, reject) => {
  // The page calls one of these once the extension is loaded, or cannot be.
  window.plotlyIsHere = () => resolve(plotlyOfExtension(PLOTLY));
  window.plotlyIsLost = () => reject(new Error("Plotly could not be loaded"));
});
plotly.catch(() => {}); // whoever draws says so

// One figure is drawn after another, with a moment in between in which the page can answer; a longer
// one after the first, which comes with much to compile.
let turn = Promise.resolve();
let moment = 300; // ms

function inTurn(act) {
  const done = turn.then(act);
  const rest = () => new Promise((resolve) => setTimeout(resolve, moment)).then(() => (moment = 0));
  turn = done.catch(() => {}).then(rest);
  return done;
}

// A place for figures: `draw` shows another one in it, which keeps what is the same.
function figurePlace() {
  const node = document.createElement("div");
  let wanted;

  async function draw(figure) {
    wanted = figure;
    try {
      const { react } = await plotly;
      await inTurn(async () => {
        // Another one may have come meanwhile.
        if (figure === wanted) await react(node, figure.data, figure.layout, figure.config);
      });
    } catch (problem) {
      node.textContent = `This chart cannot be drawn (${problem.message}). Load the page again.`;
    }
  }

  // It may have been drawn while it had no room, or get more when its neighbour is closed.
  new ResizeObserver(async ([{ contentRect }]) => {
    const { Plots } = await plotly;
    const drawn = drawnWidth(node);
    if (drawn && contentRect.width && Math.abs(drawn - contentRect.width) >= 1) Plots.resize(node);
  }).observe(node);

  return { node, draw, clear: async () => (await plotly).purge(node) };
}
