// Widgets as plain HTML. `VIEWS` has a function for each kind: it makes the element and returns
// `{ node, show(changed) }`; `show` is called with the names of the changed traits, at first with all.
// Which kinds and traits there are is decided in drawn.js.

/** @import { Model } from "./models.js" */

/**
 * @typedef {object} Drawn
 * @property {HTMLElement} node
 * @property {(changed: Set<string>) => void} show
 * @property {() => void} [remove]
 */

import { PLOTLY } from "./drawn.js";
import { figurePlace } from "./figures.js";
import { formatted, parsed, within } from "./format.js";

/**
 * A view of a widget, with all that widgets have in common.
 *
 * @param {Model} model
 */
export function viewOf(model) {
  const view = VIEWS[model.state._model_name](model);
  const { node, show } = view;
  node.classList.add("jupyter-widgets");
  const layout = layoutOf(model, node);
  /** @type {string[]} */
  let classes = [];
  const common = {
    focus: () => controlsOf(node)[0]?.focus(),
    show(/** @type {Set<string>} */ changed) {
      if (changed.has("_dom_classes")) {
        node.classList.remove(...classes);
        node.classList.add(...(classes = model.state._dom_classes ?? []));
      }
      if (changed.has("tooltip")) node.title = model.state.tooltip ?? "";
      if (changed.has("disabled")) {
        for (const one of controlsOf(node)) one.disabled = Boolean(model.state.disabled);
      }
      if (changed.has("layout")) layout.follow();
      show(changed);
    },
  };
  model.views.add(common);
  common.show(new Set(Object.keys(model.state)));
  const remove = () => {
    model.views.delete(common);
    layout.leave();
    view.remove?.();
  };
  return { node, remove };
}

/**
 * @param {HTMLElement} node
 * @returns {(HTMLInputElement | HTMLButtonElement | HTMLSelectElement)[]}
 */
function controlsOf(node) {
  if (node instanceof HTMLButtonElement) return [node];
  if (node.matches(".widget-container")) return [];
  return [...node.querySelectorAll(/** @type {"input"} */ ("input, select"))];
}

/**
 * Keep the style of an element equal to the layout that a model refers to.
 *
 * @param {Model} model
 * @param {HTMLElement} node
 */
function layoutOf(model, node) {
  /** @type {Model | undefined} */
  let followed;
  const view = {
    show() {
      for (const name of ["display", "min_height", "visibility"]) {
        node.style.setProperty(name.replace("_", "-"), followed?.state[name] ?? "");
      }
    },
  };
  const leave = () => followed?.views.delete(view);
  const follow = () => {
    leave();
    followed = model.models.get(model.state.layout);
    followed?.views.add(view);
    view.show();
  };
  return { follow, leave };
}

// Pieces of views

/**
 * @template {keyof HTMLElementTagNameMap} Kind
 * @param {Kind} kind
 * @param {string} [className]
 * @param {Partial<HTMLElementTagNameMap[Kind]>} [properties]
 * @returns {HTMLElementTagNameMap[Kind]}
 */
function element(kind, className = "", properties = {}) {
  return Object.assign(document.createElement(kind), { className, ...properties });
}

let labels = 0;

/**
 * A label and what it labels.
 *
 * @param {Model} model
 * @param {string} className
 * @param {...HTMLElement} controls
 */
function labelled(model, className, ...controls) {
  const node = element("div", `widget-inline-hbox ${className}`);
  const label = element("label", "widget-label");
  const [control] = controls;
  control.id = label.htmlFor = `labelled-${++labels}`;
  node.append(label, ...controls);
  const name = () => {
    label.textContent = model.state.description;
    label.style.display = model.state.description ? "" : "none";
  };
  return { node, name };
}

/**
 * @param {Model} model
 * @param {string} kind its CSS class
 * @returns {Drawn}
 */
function box(model, kind) {
  const node = element("div", `widget-container widget-box ${kind}`);
  /** Views by the id of their model.
   * @type {Map<string, ReturnType<typeof viewOf>>} */
  let inside = new Map();

  /** @param {Set<string>} changed */
  function show(changed) {
    if (!changed.has("children")) return;
    const before = inside;
    inside = new Map();
    for (const reference of model.state.children) {
      const child = model.models.get(reference);
      if (child) inside.set(child.id, before.get(child.id) ?? viewOf(child));
    }
    for (const [id, view] of before) {
      if (inside.has(id)) continue;
      view.remove();
      view.node.remove();
    }
    // Do not move elements that stay: moving one loses its focus and scroll position.
    let next = node.firstChild;
    for (const view of inside.values()) {
      if (view.node === next) next = next.nextSibling;
      else node.insertBefore(view.node, next);
    }
  }
  const remove = () => inside.forEach((view) => view.remove());
  return { node, show, remove };
}

/**
 * @param {Model} model
 * @param {string} className
 * @param {() => void} press
 * @param {() => string} [words] what is on it
 */
function button(model, className, press, words = () => model.state.description) {
  const node = element("button", `jupyter-button ${className}`, { type: "button" });
  node.addEventListener("click", press);
  function show() {
    node.textContent = words();
    node.classList.toggle("mod-primary", model.state.button_style === "primary");
  }
  return { node, show };
}

/** @param {Model} model */
function toggle(model) {
  const press = () => model.set({ value: !model.state.value });
  const { node, show } = button(model, "widget-toggle-button", press);
  return {
    node,
    show() {
      show();
      node.classList.toggle("mod-active", model.state.value);
      node.setAttribute("aria-pressed", model.state.value);
    },
  };
}

/** @param {Model} model */
function checkbox(model) {
  const node = element("div", "widget-inline-hbox widget-checkbox");
  const label = element("label", "widget-label-basic");
  const input = element("input", "", { type: "checkbox" });
  const words = element("span");
  label.append(input, words);
  node.append(label);
  input.addEventListener("change", () => model.set({ value: input.checked }));
  function show() {
    input.checked = model.state.value;
    words.textContent = model.state.description;
  }
  return { node, show };
}

/**
 * HTML is the kernel's own; what comes from data or from visitors is escaped there.
 *
 * @param {Model} model
 */
function html(model) {
  const content = element("div", "widget-html-content");
  const node = element("div", "widget-inline-hbox widget-html");
  node.append(content);
  function show(/** @type {Set<string>} */ changed) {
    if (changed.has("value")) content.innerHTML = model.state.value;
  }
  return { node, show };
}

/** @param {Model} model */
function textField(model) {
  const input = element("input", "", { type: "text" });
  const { node, name } = labelled(model, "widget-text", input);
  const told = () => input.value !== model.state.value && model.set({ value: input.value });
  input.addEventListener("input", () => model.state.continuous_update && told());
  input.addEventListener("change", told);
  input.addEventListener("keydown", ({ key }) => key === "Enter" && model.tell({ event: "submit" }));
  function show() {
    name();
    input.placeholder = model.state.placeholder;
    if (input.value !== model.state.value) input.value = model.state.value;
  }
  return { node, show };
}

/** @param {Model} model */
function numberField(model) {
  const input = element("input", "", { type: "number" });
  const { node, name } = labelled(model, "widget-text", input);
  input.addEventListener("change", () => {
    const value = within(bounds(model), parsed(input.value), false);
    input.value = String(value);
    if (value !== model.state.value) model.set({ value });
  });
  function show() {
    name();
    input.min = model.state.min;
    input.max = model.state.max;
    input.step = model.state.step ?? "any";
    input.value = model.state.value;
  }
  return { node, show };
}

/** @param {Model} model */
function bounds(model) {
  return /** @type {{ min: number, max: number, value: number }} */ (model.state);
}

/**
 * @param {Model} model
 * @param {boolean} whole
 */
function slider(model, whole) {
  const input = element("input", "slider", { type: "range" });
  const readout = element("input", "widget-readout", { type: "text", inputMode: "decimal" });
  const { node, name } = labelled(model, "widget-slider widget-hslider", input, readout);
  const read = (value = model.state.value) => {
    readout.value = formatted(value, model.state.readout_format);
  };
  const told = (/** @type {number | undefined} */ wanted) => {
    const value = within(bounds(model), wanted, whole);
    if (value !== model.state.value) model.set({ value });
    read();
  };
  input.addEventListener("input", () => {
    if (model.state.continuous_update) told(Number(input.value));
    else read(Number(input.value));
  });
  input.addEventListener("change", () => told(Number(input.value)));
  readout.addEventListener("change", () => told(parsed(readout.value)));
  function show() {
    name();
    const { min, max, step, value, description } = model.state;
    Object.assign(input, { min, max, step: step ?? (whole ? 1 : "any") });
    input.value = value;
    read();
    readout.ariaLabel = `${description}: value`;
    readout.style.display = model.state.readout ? "" : "none";
  }
  return { node, show };
}

/**
 * @param {Model} model
 * @param {boolean} multiple
 */
function choice(model, multiple) {
  const select = element("select", "", { multiple });
  const kind = multiple ? "widget-select widget-select-multiple" : "widget-dropdown";
  const { node, name } = labelled(model, kind, select);
  select.addEventListener("change", () => {
    const marked = [...select.selectedOptions].map((option) => option.index);
    model.set({ index: multiple ? marked : (marked[0] ?? null) });
  });
  function show(/** @type {Set<string>} */ changed) {
    name();
    if (changed.has("rows") && multiple) select.size = model.state.rows;
    if (changed.has("_options_labels")) {
      const words = /** @type {string[]} */ (model.state._options_labels);
      select.replaceChildren(...words.map((one) => new Option(one)));
    }
    if (!multiple) {
      select.selectedIndex = model.state.index ?? -1;
    } else if (changed.has("index") || changed.has("_options_labels")) {
      for (const option of [...select.selectedOptions]) option.selected = false;
      for (const i of model.state.index) if (select.options[i]) select.options[i].selected = true;
    }
  }
  return { node, show };
}

/** @param {Model} model */
function progress(model) {
  const track = element("div", "progress");
  const bar = element("div", "progress-bar");
  track.append(bar);
  track.setAttribute("role", "progressbar");
  const { node, name } = labelled(model, "widget-hprogress", track);
  function show() {
    name();
    const { min, max, value } = model.state;
    const share = max > min ? Math.min(Math.max((value - min) / (max - min), 0), 1) : 0;
    bar.style.width = `${100 * share}%`;
    track.ariaValueNow = String(Math.round(100 * share));
  }
  return { node, show };
}

/** @param {Model} model */
function upload(model) {
  const open = () => {
    const { accept, multiple } = model.state;
    const input = element("input", "", { type: "file", accept, multiple });
    input.addEventListener("change", () => read([...(input.files ?? [])]));
    input.click();
  };
  async function read(/** @type {File[]} */ files) {
    const contents = await Promise.all(files.map((file) => file.arrayBuffer()));
    const value = files.map(({ name, type, size, lastModified }) => ({
      name,
      type,
      size,
      last_modified: lastModified,
    }));
    model.models.flush();
    model.take({ value, error: "" });
    model.unsent = { value, error: "" };
    model.flush(contents, files.map((_, i) => ["value", i, "content"]));
  }
  const words = () => `${model.state.description} (${model.state.value.length})`;
  return button(model, "widget-upload", open, words);
}

/**
 * A figure, or nothing. The next figure is drawn into the same element.
 *
 * @param {Model} model
 */
function output(model) {
  const node = element("div", "widget-output");
  const area = element("div", "jp-OutputArea jupyter-widgets-output-area");
  node.append(area);
  /** @type {ReturnType<typeof figurePlace> | undefined} */
  let figure;
  function show(/** @type {Set<string>} */ changed) {
    if (!changed.has("outputs")) return;
    const [found] = model.state.outputs;
    if (found) {
      if (!figure) area.replaceChildren((figure = figurePlace()).node);
      figure.draw(found.data[PLOTLY]);
    } else {
      figure?.clear();
      figure = undefined;
      area.replaceChildren();
    }
  }
  return { node, show, remove: () => figure?.clear() };
}

/** @type {Record<string, (model: Model) => Drawn>} */
const VIEWS = {
  BoxModel: (model) => box(model, ""),
  HBoxModel: (model) => box(model, "widget-hbox"),
  VBoxModel: (model) => box(model, "widget-vbox"),
  ButtonModel: (model) => button(model, "widget-button", () => model.tell({ event: "click" })),
  ToggleButtonModel: toggle,
  CheckboxModel: checkbox,
  HTMLModel: html,
  TextModel: textField,
  BoundedFloatTextModel: numberField,
  IntSliderModel: (model) => slider(model, true),
  FloatSliderModel: (model) => slider(model, false),
  DropdownModel: (model) => choice(model, false),
  SelectMultipleModel: (model) => choice(model, true),
  FloatProgressModel: progress,
  FileUploadModel: upload,
  OutputModel: output,
};
