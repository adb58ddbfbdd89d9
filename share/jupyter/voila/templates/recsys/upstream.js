// What the page uses of Voilà, Jupyter, Plotly and ipywidgets that these do not promise. No other
// script uses any of it; what the template uses is in upstream.html.j2. Each "Relies on" says of
// which package, in which version it was seen last. tests/serving/test_upstream.py looks for it
// in the packages that are installed.

// Plotly, from its extension for JupyterLab, which keeps it to itself until it is to draw. So it is
// to draw into no element, which fails, but by then Plotly is there.
// Relies on plotly 7.1: its module container, `_JUPYTERLAB["jupyterlab-plotly"]`, has a module
// "./mimeExtension" with a class `RenderedPlotly`, whose method `createGraph` sets
// `RenderedPlotly.Plotly` first, and uses no more of `this` until then than `_mimeType`.
async function plotlyOfExtension(mimeType) {
  const container = _JUPYTERLAB["jupyterlab-plotly"];
  await container.init({});
  const { RenderedPlotly } = (await container.get("./mimeExtension"))();
  const nothing = { data: { [mimeType]: { data: [], layout: {} } } };
  const { createGraph } = RenderedPlotly.prototype;
  await createGraph.call({ _mimeType: mimeType }, nothing).catch(() => {});
  return RenderedPlotly.Plotly;
}

// The width in pixels at which Plotly has drawn a figure; undefined before it has.
// Relies on plotly 7.1: `_fullLayout` of the element has the layout with all defaults.
function drawnWidth(node) {
  return node._fullLayout?.width;
}

// A cell of the notebook, as a selector, which page.css has too.
// Relies on Voilà 0.5.13: its template puts each cell into an element with this attribute.
const CELL = "[cell-index]";

// What the cells display: elements to replace, with their text in JSON.
// Relies on Voilà 0.5.13: its template writes each output of a cell as a script of this type.
function cellOutputs() {
  return document.querySelectorAll('script[type="application/vnd.voila.cell-output+json"]');
}

// The address of the server and the kernel: `{ baseUrl, kernelId }`.
// Relies on Voilà 0.5.13: its template writes them, as JSON, into an element with this id.
function pageConfig() {
  return JSON.parse(document.getElementById("jupyter-config-data").textContent);
}

// While the notebook runs, call `show` with the number of the cell and of all cells.
// Relies on Voilà 0.5.13: its template calls `voila_process` for each cell, and its server
// `voila_heartbeat` while a cell runs for long; both are set further up.
function onProgress(show) {
  window.voila_heartbeat = () => {};
  window.voila_process = show;
}

// Show the cells as soon as Voilà's front end, which is loading, has its theme.
// Relies on Voilà 0.5.13: until `themeLoaded` is set, `voila_finish` sets `cellLoaded`; the front end
// then removes the element "loading" and shows "rendered_cells".
function showCellsWithTheme() {
  window.voila_finish();
}

// Have the server end a kernel, from a page that is being left.
// Relies on Voilà 0.5.13: a POST to this address does so, if it comes with the cookie `_xsrf`.
function endKernelOnLeaving(baseUrl, kernelId) {
  const form = new FormData();
  form.append("_xsrf", xsrfToken());
  navigator.sendBeacon(`${baseUrl}voila/api/shutdown/${kernelId}`, form);
}

// Set the cookie without which Jupyter's server lets no page change anything; Voilà does not.
// Relies on jupyter_server 2.21: it is called `_xsrf`, and the server asks for no certain value, only
// that the page knows it, as no other host's page does.
function setXsrfCookie() {
  if (xsrfToken()) return;
  const path = document.body.dataset.baseUrl.replace(/voila\/$/, "");
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  const token = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  document.cookie = `_xsrf=${token}; path=${path}; samesite=lax`;
}

function xsrfToken() {
  return document.cookie.match(/\b_xsrf=([^;]*)/)?.[1] ?? "";
}

// A websocket to a kernel; its messages are for `readMessage` and `writeMessage`.
// Relies on jupyter_server 2.21: this subprotocol's message begins with the number of offsets and the
// offsets of its parts, 64 bits each, little-endian. The parts are the channel, the header, the
// parent's header, the metadata, the content, and buffers; the last offset is the end.
function openChannels(address, session) {
  const url = new URL(`${address}/channels?session_id=${session}`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url, ["v1.kernel.websocket.jupyter.org"]);
  socket.binaryType = "arraybuffer";
  return socket;
}

function writeMessage(header, metadata, content, buffers) {
  const words = new TextEncoder();
  const texts = ["shell", ...[header, {}, metadata, content].map((one) => JSON.stringify(one))];
  const parts = [...texts.map((one) => words.encode(one)), ...buffers.map(asBytes)];
  let end = 8 * (parts.length + 2);
  const offsets = [end, ...parts.map((part) => (end += part.length))];
  const message = new Uint8Array(end);
  const view = new DataView(message.buffer);
  [offsets.length, ...offsets].forEach((one, i) => view.setBigUint64(8 * i, BigInt(one), true));
  parts.forEach((part, i) => message.set(part, offsets[i]));
  return message;
}

function asBytes(buffer) {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}

function readMessage(data) {
  const view = new DataView(data);
  const number = (i) => Number(view.getBigUint64(8 * i, true));
  const words = new TextDecoder();
  const part = (i) => new Uint8Array(data, number(i), number(i + 1) - number(i));
  const [header, parent, metadata, content] = [2, 3, 4, 5].map((i) =>
    JSON.parse(words.decode(part(i))),
  );
  return { header, parent, metadata, content };
}

// Call `hear` with the event when a file is chosen, before the widget hears of it.
// Relies on ipywidgets 8.1: a FileUpload opens an input that is in no document, by its `click`.
function onFileChosen(hear) {
  const open = HTMLInputElement.prototype.click;
  HTMLInputElement.prototype.click = function () {
    if (this.type === "file") this.addEventListener("change", hear, true);
    open.call(this);
  };
}

// Give Voilà's front end plugins, as an extension without anything to bundle.
// Relies on Voilà 0.5.13: it gets the plugins of an extension from `_JUPYTERLAB`, where a module
// container of that name has `init` and `get`.
function offerPlugins(name, plugins) {
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[name] = { init: () => {}, get: async () => () => plugins };
}

// Voilà's widget manager, which has the page's `kernel`, once it is made.
// Relies on Voilà 0.5.13: the application that it hands to plugins has `widgetManagerPromise`, with a
// `promise`.
function widgetManager(app) {
  return app.widgetManagerPromise.promise;
}

// Wait until a widget manager has the models of all widgets.
// Relies on Voilà 0.5.13: its manager has `restoredStatus`, and emits the signal `restored`.
async function modelsAreThere(manager) {
  if (!manager.restoredStatus) {
    await new Promise((resolve) => manager.restored.connect(resolve));
  }
}

// Keep harmless warnings out of the console: the widgets extension is built against a newer
// JupyterLab than Voilà's bundle, works with it, and says so a dozen times.
// Relies on Voilà 0.5.13: the module containers warn with these words, through `console.warn`.
function passOverVersions() {
  const warn = console.warn;
  const expected = /^(Unsatisfied version|No satisfying version)\b/;
  console.warn = (...args) => {
    if (!expected.test(String(args[0]))) warn.apply(console, args);
  };
}
