// What the light front end draws: exactly what the dashboard's panels use, and nothing else. A notebook
// with anything else is drawn by Voilà's front end, which has everything and takes seconds to load. So
// nothing is drawn in part.

/** @import { State } from "./models.js" */

/**
 * @typedef {(value: any) => boolean} Rule whether a value of a trait is drawn
 * @typedef {Record<string, Rule>} Rules by the name of the trait; other traits are not drawn
 */

export const PLOTLY = "application/vnd.plotly.v1+json";
export const WIDGET = "application/vnd.jupyter.widget-view+json";

const any = () => true;
const nothing = only(null, "");

/** @param {unknown[]} values */
function only(...values) {
  return (/** @type {unknown} */ value) => values.includes(value);
}

// Labels with maths are typeset by Voilà's front end.
const label = (/** @type {string} */ words) => !/\$|\\[([]|\\begin/.test(words);

const BASE = { module: "@jupyter-widgets/base", version: "2.0.0" };
const CONTROLS = { module: "@jupyter-widgets/controls", version: "2.0.0" };
const OUTPUT = { module: "@jupyter-widgets/output", version: "1.0.0" };

/** @type {Rules} what all widgets have */
const COMMON = {
  _model_module: any, // checked by `drawsWidget`
  _model_module_version: any,
  _model_name: any,
  _view_module: any,
  _view_module_version: any,
  _view_name: any,
  _view_count: nothing,
};

/** @type {Rules} what all visible widgets have */
const VISIBLE = { ...COMMON, _dom_classes: any, layout: any, tabbable: nothing, tooltip: any };

/** @type {Rules} */
const NAMED = { ...VISIBLE, style: any, description: label, description_allow_html: only(false) };

/** @type {Rules} */
const CONTROL = { ...NAMED, disabled: any };

/** @type {Rules} */
const BOX = { ...VISIBLE, box_style: nothing, children: any };

/** @type {Rules} */
const SLIDER = {
  ...CONTROL,
  behavior: only("drag-tap"),
  continuous_update: any,
  max: any,
  min: any,
  orientation: only("horizontal"),
  readout: any,
  readout_format: (format) => /^(d|\.\df)$/.test(format),
  step: any,
  value: any,
};

/** @type {Rules} */
const SELECTION = { ...CONTROL, _options_labels: any, index: any };

/** @type {Rules} */
const BUTTON = {
  ...CONTROL,
  description: any, // no front end typesets it
  button_style: only("", "primary"),
  icon: nothing,
};

/**
 * The rules of a style that is left as it is.
 *
 * @param {...string} names of its traits
 * @returns {Rules}
 */
function plain(...names) {
  return { ...COMMON, ...Object.fromEntries(names.map((name) => [name, nothing])) };
}

const FONT = ["font_family", "font_size", "font_style", "font_variant", "font_weight"];
const TEXT = [...FONT, "text_color", "text_decoration"];

// Of a layout, what the panels set; the rest must be left as it is.
const LAYOUT = plain(
  ...["align_content", "align_items", "align_self", "border_bottom", "border_left", "border_right"],
  ...["border_top", "bottom", "flex", "flex_flow", "grid_area", "grid_auto_columns"],
  ...["grid_auto_flow", "grid_auto_rows", "grid_column", "grid_gap", "grid_row"],
  ...["grid_template_areas", "grid_template_columns", "grid_template_rows", "height"],
  ...["justify_content", "justify_items", "left", "margin", "max_height", "max_width", "min_width"],
  ...["object_fit", "object_position", "order", "overflow", "padding", "right", "top", "width"],
);

/** @type {Record<string, { module: string, version: string, rules: Rules }>} */
const WIDGETS = {
  BoxModel: { ...CONTROLS, rules: BOX },
  HBoxModel: { ...CONTROLS, rules: BOX },
  VBoxModel: { ...CONTROLS, rules: BOX },
  HTMLModel: {
    ...CONTROLS,
    rules: { ...NAMED, description: nothing, placeholder: only("\u200b"), value: any },
  },
  ButtonModel: { ...CONTROLS, rules: BUTTON },
  ToggleButtonModel: { ...CONTROLS, rules: { ...BUTTON, value: any } },
  FileUploadModel: {
    ...CONTROLS,
    rules: { ...BUTTON, accept: any, error: any, multiple: any, value: any },
  },
  CheckboxModel: { ...CONTROLS, rules: { ...CONTROL, indent: only(false), value: any } },
  TextModel: {
    ...CONTROLS,
    rules: { ...CONTROL, continuous_update: any, placeholder: any, value: any },
  },
  BoundedFloatTextModel: {
    ...CONTROLS,
    rules: { ...CONTROL, continuous_update: only(false), max: any, min: any, step: any, value: any },
  },
  IntSliderModel: { ...CONTROLS, rules: SLIDER },
  FloatSliderModel: { ...CONTROLS, rules: SLIDER },
  DropdownModel: { ...CONTROLS, rules: SELECTION },
  SelectMultipleModel: { ...CONTROLS, rules: { ...SELECTION, rows: any } },
  FloatProgressModel: {
    ...CONTROLS,
    rules: {
      ...NAMED,
      bar_style: nothing,
      max: any,
      min: any,
      orientation: only("horizontal"),
      value: any,
    },
  },
  OutputModel: {
    ...OUTPUT,
    // The panels count views for JupyterLab; this page has one view of each widget.
    rules: { ...VISIBLE, _view_count: only(null, 0), msg_id: nothing, outputs: drawsFigure },
  },
  LayoutModel: { ...BASE, rules: { ...LAYOUT, display: any, min_height: any, visibility: any } },
  ButtonStyleModel: { ...CONTROLS, rules: plain("button_color", ...TEXT) },
  ToggleButtonStyleModel: { ...CONTROLS, rules: plain("description_width", ...TEXT) },
  CheckboxStyleModel: { ...CONTROLS, rules: plain("background", "description_width") },
  DescriptionStyleModel: { ...CONTROLS, rules: plain("description_width") },
  HTMLStyleModel: {
    ...CONTROLS,
    rules: plain("background", "description_width", "font_size", "text_color"),
  },
  TextStyleModel: {
    ...CONTROLS,
    rules: plain("background", "description_width", "font_size", "text_color"),
  },
  ProgressStyleModel: { ...CONTROLS, rules: plain("bar_color", "description_width") },
  SliderStyleModel: { ...CONTROLS, rules: plain("description_width", "handle_color") },
};

/**
 * Whether a widget is drawn, with these values of its traits.
 *
 * @param {State} state all traits
 */
export function drawsWidget(state) {
  const { module, version } = WIDGETS[state._model_name] ?? {};
  const same = state._model_module === module && state._model_module_version === version;
  return same && drawsChange(state._model_name, state);
}

/**
 * Whether a widget that is drawn still is after a change.
 *
 * @param {string} kind the widget's `_model_name`
 * @param {State} changes
 */
export function drawsChange(kind, changes) {
  const rules = WIDGETS[kind]?.rules ?? {};
  return Object.entries(changes).every(
    ([name, value]) => Object.hasOwn(rules, name) && rules[name](value),
  );
}

/**
 * Whether the output of a cell is drawn: only widgets are.
 *
 * @param {{ data?: Record<string, unknown> }} output
 */
export function drawsOutput({ data = {} }) {
  return WIDGET in data && Object.keys(data).every((type) => [WIDGET, "text/plain"].includes(type));
}

/**
 * Whether the outputs of an Output widget are drawn: one figure is, or none.
 *
 * @param {{ data?: Record<string, unknown> }[]} outputs
 */
function drawsFigure(outputs) {
  return outputs.length === 0 || (outputs.length === 1 && PLOTLY in (outputs[0].data ?? {}));
}
