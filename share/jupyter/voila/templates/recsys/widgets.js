// ipywidgets without JupyterLab: a copy of each widget's state, and plain HTML controls that show it.
// Notebooks with widgets of other kinds use Voilà's own front end, which has all of them and takes
// seconds to load.
//
// `VIEWS` has a function for each kind of widget: it makes the element and returns
// `{ node, show(changed) }`; `show` is called with the names of the changed traits, at first with all.

const models = new Map();

class Model {
  constructor(id, state) {
    Object.assign(this, { id, state, views: new Set(), unsent: null, onItsWay: null });
    models.set(id, this);
  }

  // A change by the visitor. It is sent at once, or when the kernel has handled the previous change,
  // so that a slider that is dragged sends only as many values as the kernel can handle.
  set(changes) {
    this.take(changes);
    if (!this.unsent) flushAll();
    this.unsent = { ...this.unsent, ...changes };
    if (!this.onItsWay) this.flush();
  }

  flush(buffers = [], paths = []) {
    const state = this.unsent;
    this.unsent = null;
    const data = { method: "update", state, buffer_paths: paths };
    const done = () => {
      if (this.onItsWay?.id !== id) return;
      this.onItsWay = null;
      if (this.unsent) this.flush();
    };
    const id = say(this, data, buffers, done);
    this.onItsWay = { id, state };
  }

  // The connection was lost: send the last change again, since it may not have arrived.
  repeat() {
    if (!this.onItsWay) return;
    this.unsent = { ...this.onItsWay.state, ...this.unsent };
    this.flush();
  }

  // An event, such as a click.
  tell(content) {
    flushAll();
    say(this, { method: "custom", content });
  }

  // A change by the kernel, except for traits that the visitor has changed since.
  hear(changes, answers) {
    const { id, state = {} } = this.onItsWay ?? {};
    const stale = new Set(Object.keys({ ...this.unsent, ...(answers === id ? {} : state) }));
    this.take(Object.fromEntries(Object.entries(changes).filter(([name]) => !stale.has(name))));
  }

  take(changes) {
    Object.assign(this.state, changes);
    for (const view of this.views) view.show(new Set(Object.keys(changes)));
  }
}

// Send pending changes first, so that the kernel gets everything in the visitor's order.
function flushAll() {
  for (const model of models.values()) if (model.unsent) model.flush();
}

function referred(reference) {
  return models.get(String(reference ?? "").replace("IPY_MODEL_", ""));
}

let kernel;

function say(model, data, buffers = [], done) {
  return kernel.send("comm_msg", { comm_id: model.id, data }, { buffers, done });
}

// A view of a widget, with all that widgets have in common.
function viewOf(model) {
  const view = VIEWS[model.state._model_name]?.(model);
  if (!view) {
    const node = document.createElement("p");
    node.textContent = `${model.state._model_name} is not among the widgets that this page draws.`;
    return { node, remove() {} };
  }
  const { node, show } = view;
  node.classList.add("jupyter-widgets");
  const layout = followed(model, "layout", (state) => dressed(node, state));
  const style = followed(model, "style", (state) => styled(node, state));
  const common = {
    focus: () => controlsOf(node)[0]?.focus(),
    show(changed) {
      if (changed.has("_dom_classes")) {
        node.classList.remove(...(common.classes ?? []));
        node.classList.add(...(common.classes = model.state._dom_classes ?? []));
      }
      if (changed.has("tooltip") && model.state.tooltip) node.title = model.state.tooltip;
      if (changed.has("disabled")) {
        for (const one of controlsOf(node)) one.disabled = Boolean(model.state.disabled);
      }
      if (changed.has("layout")) layout.follow();
      show(changed);
      if (changed.has("style")) style.follow();
    },
  };
  model.views.add(common);
  common.show(new Set(Object.keys(model.state)));
  const remove = () => {
    model.views.delete(common);
    layout.leave();
    style.leave();
    view.remove?.();
  };
  return { node, remove };
}

function controlsOf(node) {
  const inside = node.matches(".widget-container") ? [] : node.querySelectorAll("input,select,textarea");
  return [...(node.matches("button") ? [node] : []), ...inside];
}

// Follow the model that a model refers to, as its layout.
function followed(model, name, show) {
  const view = { show: () => show(view.model.state) };
  const leave = () => view.model?.views.delete(view);
  const follow = () => {
    leave();
    view.model = referred(model.state[name]);
    view.model?.views.add(view);
    if (view.model) view.show();
  };
  return { follow, leave };
}

function dressed(node, layout) {
  for (const [name, value] of Object.entries(layout)) {
    if (name.startsWith("_")) continue;
    node.style.setProperty(name.replaceAll("_", "-"), value ?? "");
  }
}

const STYLES = {
  description_width: [":scope > .widget-label", "width"],
  bar_color: [".progress-bar", "background"],
  button_color: [null, "background"],
  text_color: [null, "color"],
  font_size: [null, "font-size"],
  font_weight: [null, "font-weight"],
};

function styled(node, style) {
  for (const [name, [place, property]] of Object.entries(STYLES)) {
    const target = place ? node.querySelector(place) : node;
    if (style[name] && target) target.style.setProperty(property, style[name]);
  }
}

// Pieces of views

function element(kind, className = "", properties = {}) {
  return Object.assign(document.createElement(kind), { className, ...properties });
}

// A label and what it labels.
function labelled(model, className, ...controls) {
  const node = element("div", `widget-inline-hbox ${className}`);
  const label = element("label", "widget-label");
  const [control] = controls;
  control.id = `of-${model.id}-${++labelled.number}`;
  label.htmlFor = control.id;
  node.append(label, ...controls);
  const name = () => {
    label.textContent = model.state.description ?? "";
    label.style.display = model.state.description ? "" : "none";
  };
  return { node, name };
}
labelled.number = 0;

// `kind` is of the class: "box", "hbox" or "vbox".
function box(model, kind) {
  const node = element("div", `widget-container widget-box ${kind}`);
  let inside = new Map(); // views by the id of their model

  function show(changed) {
    if (!changed.has("children")) return;
    const before = inside;
    inside = new Map();
    for (const reference of model.state.children) {
      const child = referred(reference);
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

function button(model, className, press) {
  const node = element("button", `jupyter-button ${className}`, { type: "button" });
  let kind;
  node.addEventListener("click", press);
  function show(changed) {
    if (changed.has("description")) node.textContent = model.state.description;
    if (changed.has("button_style")) {
      if (kind) node.classList.remove(kind);
      kind = model.state.button_style && `mod-${model.state.button_style}`;
      if (kind) node.classList.add(kind);
    }
  }
  return { node, show };
}

function toggle(model) {
  const press = () => model.set({ value: !model.state.value });
  const { node, show } = button(model, "widget-toggle-button", press);
  return {
    node,
    show(changed) {
      show(changed);
      node.classList.toggle("mod-active", model.state.value);
      node.setAttribute("aria-pressed", model.state.value);
    },
  };
}

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

// HTML is the kernel's own; what comes from data or from visitors is escaped there.
function html(model, className, fill) {
  const content = element("div", "widget-html-content");
  const { node, name } = labelled(model, className, content);
  function show(changed) {
    name();
    if (changed.has("value")) fill(content, model.state.value);
  }
  return { node, show };
}

function asHtml(node, value) {
  node.innerHTML = value;
}

function asText(node, value) {
  node.textContent = value;
}

function textField(model, className, input) {
  const { node, name } = labelled(model, className, input);
  const when = () => (model.state.continuous_update ? "input" : "change");
  const said = () => input.value !== model.state.value && model.set({ value: input.value });
  input.addEventListener("input", () => when() === "input" && said());
  input.addEventListener("change", said);
  input.addEventListener("keydown", ({ key }) => key === "Enter" && model.tell({ event: "submit" }));
  function show() {
    name();
    input.placeholder = model.state.placeholder ?? "";
    if (input.value !== model.state.value) input.value = model.state.value;
  }
  return { node, show };
}

function numberField(model, whole) {
  const input = element("input", "", { type: "number" });
  const { node, name } = labelled(model, "widget-text", input);
  input.addEventListener("change", () => {
    const value = within(model.state, Number(input.value), whole);
    input.value = value;
    if (value !== model.state.value) model.set({ value });
  });
  function show() {
    name();
    input.min = model.state.min ?? "";
    input.max = model.state.max ?? "";
    input.step = model.state.step ?? "any";
    input.value = model.state.value;
  }
  return { node, show };
}

function within({ min = -Infinity, max = Infinity, value }, wanted, whole) {
  if (!Number.isFinite(wanted)) return value;
  return Math.min(Math.max(whole ? Math.round(wanted) : wanted, min), max);
}

function slider(model, whole) {
  const input = element("input", "slider", { type: "range" });
  const readout = element("input", "widget-readout", { type: "text", inputMode: "decimal" });
  const { node, name } = labelled(model, "widget-slider widget-hslider", input, readout);
  const readable = () => formatted(model.state.value, model.state.readout_format);
  const said = (wanted) => {
    const value = within(model.state, wanted, whole);
    if (value !== model.state.value) model.set({ value });
    readout.value = readable();
  };
  input.addEventListener("input", () => {
    if (model.state.continuous_update) said(Number(input.value));
    else readout.value = formatted(Number(input.value), model.state.readout_format);
  });
  input.addEventListener("change", () => said(Number(input.value)));
  readout.addEventListener("change", () => said(parseFloat(readout.value.replaceAll(",", ""))));
  function show() {
    name();
    const { min, max, step, value, description } = model.state;
    Object.assign(input, { min, max, step: step ?? (whole ? 1 : "any") });
    input.value = value;
    readout.value = readable();
    readout.ariaLabel = `${description}: value`;
    readout.style.display = model.state.readout ? "" : "none";
  }
  return { node, show };
}

// The formats of numbers that sliders have: ".2f", ".4g", "d", ".0%", each perhaps with a comma.
function formatted(value, format = "") {
  const [, comma, digits, kind] = /^(,?)(?:\.(\d+))?([dfg%]?)$/.exec(format) ?? [];
  const places = digits === undefined ? {} : kind === "g" ?
    { maximumSignificantDigits: Number(digits) } :
    { minimumFractionDigits: Number(digits), maximumFractionDigits: Number(digits) };
  const style = kind === "%" ? { style: "percent" } : {};
  const options = { useGrouping: Boolean(comma), maximumFractionDigits: 6, ...places, ...style };
  return value.toLocaleString("en", options);
}

function choice(model, multiple) {
  const select = element("select", "", { multiple });
  const kind = multiple ? "widget-select widget-select-multiple" : "widget-dropdown";
  const { node, name } = labelled(model, kind, select);
  select.addEventListener("change", () => {
    const marked = [...select.selectedOptions].map((option) => option.index);
    model.set({ index: multiple ? marked : (marked[0] ?? null) });
  });
  function show(changed) {
    name();
    if (changed.has("rows") && multiple) select.size = model.state.rows;
    if (changed.has("_options_labels")) {
      select.replaceChildren(...model.state._options_labels.map((label) => new Option(label)));
    }
    if (!multiple) {
      select.selectedIndex = model.state.index ?? -1;
    } else if (changed.has("index") || changed.has("_options_labels")) {
      for (const option of select.selectedOptions) option.selected = false;
      for (const i of model.state.index) if (select.options[i]) select.options[i].selected = true;
    }
  }
  return { node, show };
}

function progress(model) {
  const track = element("div", "progress");
  const bar = element("div", "progress-bar");
  track.append(bar);
  track.setAttribute("role", "progressbar");
  const { node, name } = labelled(model, "widget-hprogress", track);
  function show() {
    name();
    const { min, max, value } = model.state;
    const share = max > min ? (value - min) / (max - min) : 0;
    bar.style.width = `${100 * Math.min(Math.max(share, 0), 1)}%`;
    track.ariaValueNow = Math.round(100 * share);
  }
  return { node, show };
}

function upload(model) {
  const { node, show } = button(model, "widget-upload", () => {
    const input = element("input", "", { type: "file" });
    input.accept = model.state.accept;
    input.multiple = model.state.multiple;
    input.addEventListener("change", () => read([...input.files]));
    input.click();
  });
  async function read(files) {
    const contents = await Promise.all(files.map((file) => file.arrayBuffer()));
    const value = files.map(({ name, type, size, lastModified }) => ({
      name,
      type,
      size,
      last_modified: lastModified,
    }));
    flushAll();
    model.unsent = { value, error: "" };
    model.flush(contents, files.map((_, i) => ["value", i, "content"]));
  }
  return { node, show };
}

// The outputs of a cell or an Output widget. A figure is updated in its element.
function output(model) {
  const node = element("div", "widget-output");
  const area = element("div", "jp-OutputArea jupyter-widgets-output-area");
  node.append(area);
  let figure;
  function show(changed) {
    if (!changed.has("outputs")) return;
    const outputs = model.state.outputs;
    const [{ data = {} } = {}] = outputs;
    if (outputs.length === 1 && data[PLOTLY]) {
      if (!figure) area.replaceChildren((figure = figurePlace()).node);
      figure.draw(data[PLOTLY]);
    } else {
      figure?.clear();
      figure = undefined;
      area.replaceChildren(...outputs.map(rendered));
    }
  }
  return { node, show, remove: () => figure?.clear() };
}

const WIDGET = "application/vnd.jupyter.widget-view+json";

// One output of a cell as an element.
function rendered({ output_type, data = {}, text, name, ename, evalue, traceback }) {
  const node = element("div", "jp-OutputArea-child jp-OutputArea-output");
  if (data[WIDGET]) {
    const model = models.get(data[WIDGET].model_id);
    if (model) node.append(viewOf(model).node);
  } else if (data[PLOTLY]) {
    const figure = figurePlace();
    node.append(figure.node);
    figure.draw(data[PLOTLY]);
  } else if (data["text/html"]) {
    asHtml(node, joined(data["text/html"]));
  } else if (data["image/png"]) {
    node.append(element("img", "", { src: `data:image/png;base64,${joined(data["image/png"])}` }));
  } else {
    const words = output_type === "error" ? (traceback ?? [`${ename}: ${evalue}`]).join("\n") : text;
    const told = element("pre", name === "stderr" ? "stderr" : "");
    asText(told, joined(words ?? data["text/plain"] ?? "").replace(/\x1b\[[\d;]*m/g, ""));
    node.append(told);
  }
  return node;
}

function joined(text) {
  return Array.isArray(text) ? text.join("") : text;
}

const VIEWS = {
  BoxModel: (model) => box(model, ""),
  HBoxModel: (model) => box(model, "widget-hbox"),
  VBoxModel: (model) => box(model, "widget-vbox"),
  ButtonModel: (model) => button(model, "widget-button", () => model.tell({ event: "click" })),
  ToggleButtonModel: toggle,
  CheckboxModel: checkbox,
  HTMLModel: (model) => html(model, "widget-html", asHtml),
  LabelModel: (model) => html(model, "widget-html", asText),
  TextModel: (model) => textField(model, "widget-text", element("input", "", { type: "text" })),
  TextareaModel: (model) => textField(model, "widget-textarea", element("textarea")),
  IntTextModel: (model) => numberField(model, true),
  FloatTextModel: (model) => numberField(model, false),
  BoundedIntTextModel: (model) => numberField(model, true),
  BoundedFloatTextModel: (model) => numberField(model, false),
  IntSliderModel: (model) => slider(model, true),
  FloatSliderModel: (model) => slider(model, false),
  DropdownModel: (model) => choice(model, false),
  SelectMultipleModel: (model) => choice(model, true),
  IntProgressModel: progress,
  FloatProgressModel: progress,
  FileUploadModel: upload,
  OutputModel: output,
};

// Whether this front end can show a widget, or only keep its state for others, as of a layout.
function isKnown({ _model_name, _model_module, orientation }) {
  const core = /^@jupyter-widgets\/(base|controls|output)$/.test(_model_module);
  const kept = /^(Layout|\w*Style)Model$/.test(_model_name);
  return core && orientation !== "vertical" && (kept || _model_name in VIEWS);
}

// Handle a message of the kernel about widgets.
function hearOfWidgets({ header, parent, content }) {
  const { comm_id, target_name, data } = content;
  if (header.msg_type === "comm_open" && target_name === "jupyter.widget") {
    new Model(comm_id, data.state);
  } else if (header.msg_type === "comm_close") {
    if (comm_id === asking) kernel.end(); // it was restarted, and has no widgets
    models.delete(comm_id);
  } else if (header.msg_type === "comm_msg" && data.method === "update") {
    models.get(comm_id)?.hear(data.state, parent.msg_id);
  } else if (header.msg_type === "comm_msg" && data.method === "update_states") {
    hearOfAll(data.states);
  } else if (header.msg_type === "comm_msg" && data.content?.do === "focus") {
    for (const view of models.get(comm_id)?.views ?? []) view.focus();
  }
}

// All states at once: some may have changed since the page was written, or without a connection.
function hearOfAll(states) {
  if (Object.keys(states).length === 0) return kernel.end(); // it was restarted
  for (const [id, { state }] of Object.entries(states)) {
    if (!models.has(id)) new Model(id, state);
  }
  for (const [id, { state }] of Object.entries(states)) {
    const known = models.get(id);
    const news = Object.entries(state).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(known.state[name]),
    );
    if (news.length) known.hear(Object.fromEntries(news));
  }
}

// ms after the page is shown: few states have changed by then, and a first click is more urgent.
const FIRST_ASKED = 1000;
let asking; // the comm by which the page asks for all states

function askForAll() {
  asking = `${kernel.session}-control-${kernel.sent}`;
  const open = { comm_id: asking, target_name: "jupyter.widget.control", data: {} };
  kernel.send("comm_open", open, { metadata: { version: "1.0.0" } });
  kernel.send("comm_msg", { comm_id: asking, data: { method: "request_states" } });
}

// Show all that the cells display, and connect.
function startPage(states, { baseUrl, kernelId }) {
  for (const [id, state] of Object.entries(states)) new Model(id, state);
  for (const script of cellOutputs()) {
    script.replaceWith(rendered(JSON.parse(script.textContent)));
  }
  document.getElementById("rendered_cells").style.display = "";
  document.getElementById("loading").remove();
  kernel = new Kernel(baseUrl, kernelId, {
    hear: hearOfWidgets,
    found(again) {
      if (again) {
        tellLost("");
        models.forEach((model) => model.repeat());
        askForAll();
      } else setTimeout(askForAll, FIRST_ASKED);
    },
  });
  // End the kernel when the page is left, unless the browser keeps the page for its Back button.
  addEventListener("pagehide", ({ persisted }) => {
    if (!persisted) endKernelOnLeaving(baseUrl, kernelId);
  });
}
