import assert from "node:assert/strict";
import { test } from "node:test";
import { PLOTLY, WIDGET, drawsChange, drawsOutput, drawsWidget } from "../src/drawn.js";

const SLIDER = {
  ...{ _model_module: "@jupyter-widgets/controls", _model_module_version: "2.0.0" },
  ...{ _model_name: "IntSliderModel", _view_count: null, _dom_classes: [], tooltip: null },
  ...{ description: "Size", orientation: "horizontal", readout_format: "d", value: 3 },
};

test("a widget is drawn with the traits and values that the panels have", () => {
  assert.ok(drawsWidget(SLIDER));
});

for (const [what, change] of Object.entries({
  "another kind": { _model_name: "AccordionModel" },
  "another package": { _model_module: "anywidget" },
  "another version": { _model_module_version: "3.0.0" },
  "a trait that is not known": { glow: true },
  "another orientation": { orientation: "vertical" },
  "another format": { readout_format: ".2e" },
  "maths in a label": { description: "$x^2$" },
  "a place in the order of tabs": { tabbable: true },
  "a kind with the name of a method": { _model_name: "toString" },
  "a trait with the name of a method": { toString: 1 },
})) {
  test(`it is not drawn with ${what}`, () => {
    assert.ok(!drawsWidget({ ...SLIDER, ...change }));
  });
}

test("a change is judged by what has changed", () => {
  assert.ok(drawsChange("IntSliderModel", { value: 4 }));
  assert.ok(!drawsChange("IntSliderModel", { value: 4, readout_format: "b" }));
  assert.ok(!drawsChange("LayoutModel", { width: "50%" }));
});

test("an Output has one figure or nothing, and catches nothing", () => {
  const figure = { output_type: "display_data", data: { [PLOTLY]: {} } };
  const words = { output_type: "stream", name: "stdout", text: "words" };
  assert.ok(drawsChange("OutputModel", { outputs: [] }));
  assert.ok(drawsChange("OutputModel", { outputs: [figure] }));
  assert.ok(!drawsChange("OutputModel", { outputs: [figure, figure] }));
  assert.ok(!drawsChange("OutputModel", { outputs: [words] }));
  assert.ok(!drawsChange("OutputModel", { msg_id: "1" }));
});

test("a cell shows a widget and nothing else", () => {
  const view = { model_id: "1" };
  assert.ok(drawsOutput({ data: { [WIDGET]: view, "text/plain": "VBox()" } }));
  assert.ok(!drawsOutput({ data: { [WIDGET]: view, "text/html": "<b>" } }));
  assert.ok(!drawsOutput({ data: { "text/plain": "3" } }));
  assert.ok(!drawsOutput({}));
});
