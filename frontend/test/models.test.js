import assert from "node:assert/strict";
import { test } from "node:test";
import { Models } from "../src/models.js";

/** Models with a slider and a text, and a kernel that handles a message when it is told to. */
function page() {
  /** @type {{ to: string, data: any, done: (() => void) | undefined }[]} */
  const sent = [];
  const models = new Models((to, data, { done } = {}) => {
    sent.push({ to, data, done });
    return String(sent.length);
  });
  models.add("slider", { value: 1, max: 9 });
  models.add("text", { value: "" });
  const [slider, text] = ["slider", "text"].map((id) => /** @type {any} */ (models.get(id)));
  const states = () => sent.map(({ to, data }) => [to, data.state ?? data.content]);
  return { models, slider, text, sent, states };
}

test("a change is sent at once", () => {
  const { slider, states } = page();
  slider.set({ value: 2 });
  assert.deepEqual(states(), [["slider", { value: 2 }]]);
  assert.equal(slider.state.value, 2);
});

test("while the kernel handles a change, later ones wait, and only the last one is sent", () => {
  const { slider, sent, states } = page();
  for (const value of [2, 3, 4]) slider.set({ value });
  assert.equal(sent.length, 1);
  sent[0].done?.();
  assert.deepEqual(states(), [["slider", { value: 2 }], ["slider", { value: 4 }]]);
  sent[1].done?.();
  assert.equal(sent.length, 2);
});

test("what another widget sends comes after the changes that wait", () => {
  const { slider, text, states } = page();
  slider.set({ value: 2 });
  slider.set({ value: 3 });
  text.set({ value: "a" });
  text.tell({ event: "submit" });
  assert.deepEqual(states(), [
    ["slider", { value: 2 }],
    ["slider", { value: 3 }],
    ["text", { value: "a" }],
    ["text", { event: "submit" }],
  ]);
});

test("an answer that the visitor has overtaken does not move the slider back", () => {
  const { slider, sent } = page();
  slider.set({ value: 2 });
  slider.set({ value: 3 });
  slider.hear({ value: 2, max: 5 }, "1");
  assert.deepEqual(slider.state, { value: 3, max: 5 });
  sent[0].done?.();
  slider.hear({ value: 5 }, "1"); // an answer to the first change, while the second is on its way
  assert.equal(slider.state.value, 3);
  slider.hear({ value: 4 }, "2"); // the kernel's own opinion of the second
  assert.equal(slider.state.value, 4);
  sent[1].done?.();
  slider.hear({ value: 5 });
  assert.equal(slider.state.value, 5);
});

test("after a lost connection the last change is sent again, unless it was handled", () => {
  const { models, slider, text, sent, states } = page();
  text.set({ value: "handled" });
  sent[0].done?.();
  slider.set({ value: 2 });
  slider.set({ max: 8 });
  models.repeat();
  assert.deepEqual(states().slice(2), [["slider", { value: 2, max: 8 }]]);
  sent[1].done?.(); // the lost one does not count any more
  models.repeat();
  assert.equal(sent.length, 4);
});

test("views are shown what has changed", () => {
  const { models, slider } = page();
  /** @type {string[][]} */
  const shown = [];
  slider.views.add({ show: (/** @type {Set<string>} */ changed) => shown.push([...changed]) });
  models.hear({ slider: { value: 1, max: 7 }, new: { value: 0 } });
  models.hear({ slider: { value: 1, max: 7 } });
  assert.deepEqual(shown, [["max"]]);
  assert.equal(models.get("IPY_MODEL_new")?.state.value, 0);
});
