// Chooses the front end that draws the page. The light one shows the widgets' states that are written
// into the page, needs no kernel for that, and takes a tenth of a second. Voilà's own draws everything
// else (drawn.js decides), whole, from the start; or from when it is needed, with the same kernel.

/** @import { State } from "./models.js" */
/** @import { Message, WidgetManager } from "./upstream.js" */

import { hideBar, showBar } from "./bar.js";
import { Captured } from "./captured.js";
import { WIDGET, drawsChange, drawsOutput, drawsWidget } from "./drawn.js";
import { Kernel } from "./kernel.js";
import { Models } from "./models.js";
import {
  cellOutputs,
  cellsHavePrinted,
  endKernelOnLeaving,
  pageConfig,
  passOverVersions,
  showCellsWithTheme,
  startAfterLoad,
} from "./upstream.js";
import { viewOf } from "./views.js";

/** The page as the light front end draws it.
 * @type {LightPage | undefined} */
let light;

/**
 * Draw the page.
 *
 * @param {Record<string, State>} states of all widgets, by id
 */
export function draw(states) {
  if (isDrawn(states)) light = new LightPage(states);
  else loadVoila();
}

/** @param {Record<string, State>} states */
function isDrawn(states) {
  const outputs = cellOutputs().map((script) => JSON.parse(script.text));
  return (
    !cellsHavePrinted() &&
    outputs.every((output) => drawsOutput(output) && output.data[WIDGET].model_id in states) &&
    Object.values(states).every(drawsWidget)
  );
}

/**
 * Leave the page to Voilà's front end, which has the models of all widgets and is about to draw the
 * cells.
 *
 * @param {WidgetManager} manager
 */
export async function handOver(manager) {
  await light?.handOver(manager);
  light = undefined;
}

// ms after the page is shown: few states have changed by then, and a first click is more urgent.
const FIRST_ASKED = 1000;

class LightPage {
  /** @param {Record<string, State>} states of all widgets, by id */
  constructor(states) {
    const { baseUrl, kernelId } = pageConfig();
    this.models = new Models((id, data, sending) =>
      this.kernel.send("comm_msg", { comm_id: id, data }, sending),
    );
    for (const [id, state] of Object.entries(states)) this.models.add(id, state);
    this.cells = cellOutputs().map((script) => {
      const model = this.models.get(JSON.parse(script.text).data[WIDGET].model_id);
      const node = document.createElement("div");
      node.className = "jp-OutputArea-child jp-OutputArea-output";
      if (model) node.append(viewOf(model).node);
      script.replaceWith(node);
      return { script, node };
    });
    const cells = document.getElementById("rendered_cells");
    if (cells) cells.style.display = "";
    document.getElementById("loading")?.remove();
    this.kernel = new Kernel(baseUrl, kernelId, {
      hear: (message) => this.hear(message),
      found: () => {
        this.models.repeat();
        this.askForAll();
      },
    });
    setTimeout(() => this.askForAll(), FIRST_ASKED);
    // End the kernel when the page is left, unless the browser keeps the page for its Back button.
    addEventListener("pagehide", ({ persisted }) => {
      if (!persisted) endKernelOnLeaving(baseUrl, kernelId);
    });
  }

  /** Ask the kernel for the states of all widgets, on a comm of its own. */
  askForAll() {
    this.asking = `${this.kernel.session}-control-${this.kernel.sent}`;
    const open = { comm_id: this.asking, target_name: "jupyter.widget.control", data: {} };
    this.kernel.send("comm_open", open, { metadata: { version: "1.0.0" } });
    const data = { method: "request_states" };
    this.kernel.send("comm_msg", { comm_id: this.asking, data });
  }

  /** @param {Message} message */
  hear(message) {
    this.captured?.hear(message);
    const { header, parent, content } = message;
    const { comm_id: id, data } = content;
    if (header.msg_type === "comm_open" && content.target_name === "jupyter.widget") {
      this.add(id, data.state);
    } else if (header.msg_type === "comm_close") {
      // A kernel without ipywidgets closes the comm: it was restarted, or the page has no widgets.
      if (id === this.asking && this.models.all.size > 0) this.kernel.connection.end();
      this.models.all.delete(id);
    } else if (header.msg_type === "comm_msg" && data.method === "update") {
      this.change(id, data.state, parent.msg_id);
    } else if (header.msg_type === "comm_msg" && data.method === "update_states") {
      this.hearOfAll(data.states);
    } else if (header.msg_type === "comm_msg" && data.content?.do === "focus") {
      if (document.activeElement !== document.body) return; // the visitor has gone on meanwhile
      for (const view of this.models.get(id)?.views ?? []) view.focus?.();
    }
  }

  /**
   * @param {string} id
   * @param {State} state
   */
  add(id, state) {
    if (drawsWidget(state)) this.models.add(id, state);
    else this.move();
  }

  /**
   * @param {string} id
   * @param {State} changes
   * @param {string} [answers]
   */
  change(id, changes, answers) {
    const model = this.models.get(id);
    if (!model) return;
    if (drawsChange(model.state._model_name, changes)) return model.hear(changes, answers);
    this.move();
    Object.assign(model.state, changes); // so that its outputs can be captured
  }

  /** @param {Record<string, { state: State }>} states */
  hearOfAll(states) {
    if (this.captured) return; // Voilà's front end has asked; the kernel does not know what is captured
    const all = Object.entries(states);
    // A page may have no widgets; one that had some has them still, unless its kernel was restarted.
    if (all.length === 0 && this.models.all.size > 0) return this.kernel.connection.end();
    const drawn = all.filter(([, { state }]) => drawsWidget(state));
    this.models.hear(Object.fromEntries(drawn.map(([id, { state }]) => [id, state])));
    if (drawn.length < all.length) this.move();
  }

  /** Something has come that Voilà's front end must draw. Until it can, this page stays as it is. */
  move() {
    if (this.captured) return;
    this.captured = new Captured(this.models);
    showBar("Loading what this page needs to show more…", { role: "status" });
    loadVoila();
  }

  /** @param {WidgetManager} manager */
  async handOver(manager) {
    this.models.flush();
    for (const [id, outputs] of this.captured?.outputs ?? []) {
      if (!manager.has_model(id)) continue;
      const model = await manager.get_model(id);
      model.set("outputs", outputs);
      model.save_changes();
    }
    this.kernel.connection.leave();
    // Keep the height, so that the page does not scroll while it is empty.
    const cells = document.getElementById("rendered_cells");
    if (cells) cells.style.minHeight = `${cells.offsetHeight}px`;
    for (const { script, node } of this.cells) node.replaceWith(script);
    hideBar();
  }
}

function loadVoila() {
  passOverVersions();
  startAfterLoad();
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("voila-front-end"));
  const parts = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  for (const script of parts.querySelectorAll("script")) {
    script.async = false;
    script.onload = () => {
      // Our styles must come after JupyterLab's to override them.
      const style = document.getElementById("page-style");
      if (style) document.head.append(style);
    };
    script.onerror = () => showBar("This page could not be loaded completely.", { over: true });
  }
  document.head.append(parts);
  showCellsWithTheme();
  drawAgain();
}

// Voilà's front end may lose figures that were drawn while it was loading.
function drawAgain() {
  /** @type {HTMLElement | null} */
  const button = document.querySelector(".recsys-draw");
  if (document.getElementById("loading") || !button) setTimeout(drawAgain, 100);
  else button.click();
}
