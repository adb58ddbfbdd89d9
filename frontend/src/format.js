// Numbers as text, in the formats that the sliders of the panels have.

/**
 * A number as d3-format writes it, in which ipywidgets gives formats: "d" or, with any number of
 * digits, ".2f".
 *
 * @param {number} value
 * @param {string} format
 */
export function formatted(value, format) {
  return value.toFixed(format === "d" ? 0 : Number(/\.(\d)f/.exec(format)?.[1]));
}

/**
 * The number that a text means; undefined if it means none.
 *
 * @param {string} text
 */
export function parsed(text) {
  const number = parseFloat(text);
  return Number.isFinite(number) ? number : undefined;
}

/**
 * A number as a widget may have it: between its `min` and `max`, whole if it must be, and as it was
 * where there is none.
 *
 * @param {{ min: number, max: number, value: number }} bounds
 * @param {number | undefined} wanted
 * @param {boolean} whole
 */
export function within({ min, max, value }, wanted, whole) {
  if (wanted === undefined) return value;
  return Math.min(Math.max(whole ? Math.round(wanted) : wanted, min), max);
}
