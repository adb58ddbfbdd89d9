import assert from "node:assert/strict";
import { test } from "node:test";
import { formatted, parsed, within } from "../src/format.js";

test("numbers are written as d3-format writes them", () => {
  // Seen with d3-format 1.4, which ipywidgets uses.
  const known = [
    [12345, "d", "12345"],
    [-3, "d", "-3"],
    [0.125, ".2f", "0.13"],
    [1234.5, ".1f", "1234.5"],
    [0.001, ".4f", "0.0010"],
    [7.6, ".0f", "8"],
  ];
  for (const [value, format, text] of known) {
    assert.equal(formatted(Number(value), String(format)), text);
  }
});

test("what is typed becomes a number within the bounds, or changes nothing", () => {
  const bounds = { min: 0, max: 10, value: 4 };
  assert.equal(within(bounds, parsed("7.4"), true), 7);
  assert.equal(within(bounds, parsed("7.4"), false), 7.4);
  assert.equal(within(bounds, parsed("99"), false), 10);
  assert.equal(within(bounds, parsed("-1"), true), 0);
  assert.equal(within(bounds, parsed("many"), true), 4);
  assert.equal(within(bounds, parsed(""), true), 4);
});
