// What the list would be without a pick: the page says which pick is pointed at, with the pointer or
// with the Tab key, and marks the courses that would leave the list. The kernel says which.

import { afterChanges } from "./changes.js";
import { tellKernel } from "./link.js";

const REST = 150; // ms on a pick, so that a pointer that passes by asks nothing

/** The pick that is pointed at.
 * @type {Element | null} */
let current = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let waiting;

/** @param {EventTarget | null} target of an event */
function pointAt(target) {
  const pick = target instanceof Element ? target.closest(".recsys-pick") : null;
  if (pick === current) return;
  current = pick;
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const place = [...document.querySelectorAll(".recsys-pick")].findIndex((one) => one === pick);
    tellKernel("pointed", String(place + 1)); // 0 for none
  }, REST);
}

function markRows() {
  const words = document.querySelector(/** @type {"p"} */ (".recsys-previewed [data-leaving]"));
  const leaving = /** @type {string[]} */ (JSON.parse(words?.dataset.leaving ?? "[]"));
  const rows = document.querySelectorAll(/** @type {"tbody"} */ (".recsys-table [data-course]"));
  for (const row of rows) {
    row.classList.toggle("recsys-leaving", leaving.includes(row.dataset.course ?? ""));
  }
}

export function previewPicks() {
  let byTab = false; // else a focus that follows a click would hide what the click has changed
  document.addEventListener("keydown", ({ key }) => (byTab = key === "Tab"), true);
  document.addEventListener("focusin", ({ target }) => byTab && pointAt(target));
  document.addEventListener("pointermove", ({ target, pointerType }) => {
    if (pointerType === "mouse") pointAt(target);
  });
  document.addEventListener("click", () => {
    clearTimeout(waiting);
    current = null;
  });
  afterChanges(markRows);
}
