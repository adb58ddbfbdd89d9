// All private interfaces of Voilà, Jupyter, Plotly and ipywidgets that the page's scripts use. Those
// that the template uses are in upstream.html.j2. tests/serving/test_upstream.py checks the installed
// packages for them. The versions are those that were checked last.

/**
 * What JupyterLab calls a plugin.
 * @typedef {{ id: string, autoStart: boolean, activate(app: object): unknown }} Plugin
 *
 * A kernel as Voilà's front end sees it.
 * @typedef {{
 *   id: string,
 *   status: string,
 *   connectionStatus: string,
 *   serverSettings: { baseUrl: string },
 *   statusChanged: { connect(hear: () => void): void },
 *   connectionStatusChanged: { connect(hear: () => void): void },
 *   reconnect(): Promise<void>,
 *   requestCommInfo(of: { target_name: string }): Promise<{ content: { comms?: object } }>,
 * }} VoilaKernel
 *
 * The model of a widget in Voilà's front end.
 * @typedef {{ set(name: string, value: unknown): void, save_changes(): void }} VoilaModel
 *
 * Voilà's widget manager.
 * @typedef {{
 *   kernel: VoilaKernel,
 *   restoredStatus: boolean,
 *   restored: { connect(hear: (value: unknown) => void): void },
 *   has_model(id: string): boolean,
 *   get_model(id: string): Promise<VoilaModel>,
 * }} WidgetManager
 *
 * A message of Jupyter's protocol.
 * @typedef {{
 *   header: { msg_type: string, msg_id: string },
 *   parent: { msg_id?: string },
 *   metadata: object,
 *   content: any,
 * }} Message
 */

/** The global names of the page, as other packages set and read them. */
const page = /** @type {any} */ (globalThis);

/**
 * Plotly's library. Its JupyterLab extension loads it at the first drawing, so we let it draw without
 * an element; this fails after the library is loaded.
 *
 * Relies on plotly 7.1: the module "./mimeExtension" of `_JUPYTERLAB["jupyterlab-plotly"]` has a
 * class `RenderedPlotly`; its method `createGraph` first sets `RenderedPlotly.Plotly`, and until
 * then reads only `_mimeType` of `this`.
 *
 * @param {string} mimeType of figures
 */
export async function plotlyOfExtension(mimeType) {
  const container = page._JUPYTERLAB["jupyterlab-plotly"];
  await container.init({});
  const { RenderedPlotly } = (await container.get("./mimeExtension"))();
  const nothing = { data: { [mimeType]: { data: [], layout: {} } } };
  const { createGraph } = RenderedPlotly.prototype;
  await createGraph.call({ _mimeType: mimeType }, nothing).catch(() => {});
  return RenderedPlotly.Plotly;
}

/**
 * The width in pixels of a figure that Plotly has drawn; undefined before that.
 *
 * Relies on plotly 7.1: `_fullLayout` of the element is the layout with all defaults.
 *
 * @param {HTMLElement} node
 * @returns {number | undefined}
 */
export function drawnWidth(node) {
  return /** @type {any} */ (node)._fullLayout?.width;
}

/**
 * A cell of the notebook, as a selector, which page.css has too.
 *
 * Relies on Voilà 0.5.13: its template puts each cell into an element with this attribute.
 */
export const CELL = "[cell-index]";

/**
 * The outputs of the cells: scripts to replace, each with an output in JSON.
 *
 * Relies on Voilà 0.5.13: its template writes each output that is displayed or is the value of a cell
 * into a script of this type; its front end replaces them all when it starts, wherever they are.
 *
 * @returns {HTMLScriptElement[]}
 */
export function cellOutputs() {
  return [...document.querySelectorAll(/** @type {"script"} */ (OUTPUTS))];
}

const OUTPUTS = 'script[type="application/vnd.voila.cell-output+json"]';

/**
 * Whether a cell has printed something.
 *
 * Relies on nbconvert 7.17: its template writes what was printed into an element of this class.
 */
export function cellsHavePrinted() {
  return document.querySelector(`${CELL} .jp-RenderedText`) !== null;
}

/**
 * The address of the server and the kernel.
 *
 * Relies on Voilà 0.5.13: its template writes both as JSON into an element with this id.
 *
 * @returns {{ baseUrl: string, kernelId: string }}
 */
export function pageConfig() {
  return JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
}

/**
 * Call `show` with the number of the cell that runs, and how many there are.
 *
 * Relies on Voilà 0.5.13: the page calls `voila_process` for each cell, and `voila_heartbeat` while a
 * cell runs for long. Voilà sets both before the scripts of our page run.
 *
 * @param {(cell: number, cells: number) => void} show
 */
export function onProgress(show) {
  page.voila_heartbeat = () => {};
  page.voila_process = show;
}

/**
 * Let Voilà's front end show the cells as soon as it has loaded its theme.
 *
 * Relies on Voilà 0.5.13: after a call of `voila_finish`, the front end calls it again when the theme
 * is loaded; it then removes the element "loading" and shows "rendered_cells".
 */
export function showCellsWithTheme() {
  page.voila_finish();
}

/**
 * Let Voilà's front end start also where the page's "load" event is over. Its scripts load others
 * before they listen, so without this it sometimes came too late even on a page that had just been
 * opened, and the page never got its widgets.
 *
 * Relies on Voilà 0.5.13: its front end starts in a listener of `window` for "load".
 */
export function startAfterLoad() {
  const listen = window.addEventListener;
  window.addEventListener = (
    /** @type {string} */ type,
    /** @type {any} */ listener,
    /** @type {any} */ options,
  ) => {
    const late = type === "load" && document.readyState === "complete";
    if (late) setTimeout(() => listener.call(window, new Event(type)));
    else listen.call(window, type, listener, options);
  };
}

/**
 * Ask the server to end a kernel, from a page that is being left.
 *
 * Relies on Voilà 0.5.13: a POST to this address, with the value of the cookie `_xsrf`, ends it.
 *
 * @param {string} baseUrl
 * @param {string} kernelId
 */
export function endKernelOnLeaving(baseUrl, kernelId) {
  const form = new FormData();
  form.append("_xsrf", xsrfToken());
  navigator.sendBeacon(`${baseUrl}voila/api/shutdown/${kernelId}`, form);
}

/**
 * Set the cookie that Jupyter's server asks for before it ends a kernel; Voilà does not set it.
 *
 * Relies on jupyter_server 2.21: the cookie is `_xsrf`. Any value will do, if the request repeats it,
 * which no other host's page can.
 */
export function setXsrfCookie() {
  if (xsrfToken()) return;
  const path = (document.body.dataset.baseUrl ?? "/").replace(/voila\/$/, "");
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  const token = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  document.cookie = `_xsrf=${token}; path=${path}; samesite=lax`;
}

export function xsrfToken() {
  return document.cookie.match(/\b_xsrf=([^;]*)/)?.[1] ?? "";
}

/**
 * A websocket to a kernel; `writeMessage` and `readMessage` know the form of its messages.
 *
 * Relies on jupyter_server 2.21: a message of this subprotocol begins with the number of offsets and
 * the offsets of its parts and of its end, 64-bit little-endian. The parts are the channel, the
 * header, the parent's header, the metadata, the content, and buffers.
 *
 * @param {string} address of the kernel
 * @param {string} session
 */
export function openChannels(address, session) {
  const url = new URL(`${address}/channels?session_id=${session}`, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const socket = new WebSocket(url, ["v1.kernel.websocket.jupyter.org"]);
  socket.binaryType = "arraybuffer";
  return socket;
}

/**
 * @param {object} header
 * @param {object} metadata
 * @param {object} content
 * @param {(ArrayBuffer | ArrayBufferView)[]} buffers
 */
export function writeMessage(header, metadata, content, buffers) {
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

/** @param {ArrayBuffer | ArrayBufferView} buffer */
function asBytes(buffer) {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}

/**
 * @param {ArrayBuffer} data
 * @returns {Message}
 */
export function readMessage(data) {
  const view = new DataView(data);
  const number = (/** @type {number} */ i) => Number(view.getBigUint64(8 * i, true));
  const words = new TextDecoder();
  const part = (/** @type {number} */ i) => new Uint8Array(data, number(i), number(i + 1) - number(i));
  const [header, parent, metadata, content] = [2, 3, 4, 5].map((i) =>
    JSON.parse(words.decode(part(i))),
  );
  return { header, parent, metadata, content };
}

/**
 * Call `hear` with the event when a file is chosen, before the widget gets it.
 *
 * Relies on ipywidgets 8.1: FileUpload calls `click` of an input that is in no document.
 *
 * @param {(event: Event) => void} hear
 */
export function onFileChosen(hear) {
  const open = HTMLInputElement.prototype.click;
  HTMLInputElement.prototype.click = function () {
    if (this.type === "file") this.addEventListener("change", hear, true);
    open.call(this);
  };
}

/**
 * Hand plugins to Voilà's front end, as the extension of this name.
 *
 * Relies on Voilà 0.5.13: it calls `init` and `get` of `_JUPYTERLAB[name]` for each extension.
 *
 * @param {string} name
 * @param {Plugin[]} plugins
 */
export function offerPlugins(name, plugins) {
  page._JUPYTERLAB = page._JUPYTERLAB || {};
  page._JUPYTERLAB[name] = { init: () => {}, get: async () => () => plugins };
}

/**
 * Voilà's widget manager, once it is made; its `kernel` is the page's.
 *
 * Relies on Voilà 0.5.13: the application that plugins get has `widgetManagerPromise.promise`.
 *
 * @param {any} app
 * @returns {Promise<WidgetManager>}
 */
export function widgetManager(app) {
  return app.widgetManagerPromise.promise;
}

/**
 * Wait until a widget manager has the models of all widgets.
 *
 * Relies on Voilà 0.5.13: the manager has `restoredStatus`, and emits the signal `restored`.
 *
 * @param {WidgetManager} manager
 */
export async function modelsAreThere(manager) {
  if (!manager.restoredStatus) {
    await new Promise((resolve) => manager.restored.connect(resolve));
  }
}

/**
 * Keep harmless warnings out of the console: the widgets extension is built for a newer JupyterLab
 * than Voilà's, works with it, and warns a dozen times.
 *
 * Relies on Voilà 0.5.13: extensions warn with these words, by `console.warn`.
 */
export function passOverVersions() {
  const warn = console.warn;
  const expected = /^(Unsatisfied version|No satisfying version)\b/;
  console.warn = (...args) => {
    if (!expected.test(String(args[0]))) warn.apply(console, args);
  };
}
