// The rows of the list: their buttons, and the keyboard focus, which stays in the list when it is
// redrawn. The kernel does what a button says; it gets the words of `data-act` and the course.

import { afterChanges } from "./changes.js";
import { tellKernel } from "./link.js";

const CONTROLS = "summary, [data-act]";

/**
 * The control of a row that had the focus last, and where it was.
 * @type {{ node: HTMLElement, course: string, row: number, control: number } | undefined}
 */
let last;

const rows = () => [
  ...document.querySelectorAll(/** @type {"tbody"} */ (".recsys-table [data-course]")),
];

/** @param {Element} row */
const controlsOf = (row) => [...row.querySelectorAll(/** @type {"button"} */ (CONTROLS))];

/** @param {EventTarget | null} target of an event */
function placeOf(target) {
  const node = target instanceof Element ? target.closest(CONTROLS) : null;
  const row = /** @type {HTMLElement | null} */ (node?.closest(".recsys-table [data-course]"));
  if (!row || !(node instanceof HTMLElement)) return undefined;
  const course = row.dataset.course ?? "";
  const control = controlsOf(row).indexOf(/** @type {HTMLButtonElement} */ (node));
  return { node, course, row: rows().findIndex((one) => one === row), control };
}

/** Give the focus back that a redrawn list has lost: to the same course, or else to the same row. */
function keepFocus() {
  if (!last || last.node.isConnected || document.activeElement !== document.body) return;
  const all = rows();
  const same = all.find((one) => one.dataset.course === last?.course);
  const row = same ?? all[Math.min(last.row, all.length - 1)];
  if (row) controlsOf(row)[last.control]?.focus();
}

/** @param {MouseEvent} event */
function press({ target }) {
  const place = placeOf(target);
  const act = place?.node.dataset.act;
  if (!place || !act) return;
  place.node.focus(); // some browsers do not focus what is clicked
  tellKernel("pressed", `${act}:${place.course}`);
}

export function helpWithRows() {
  document.documentElement.classList.add("recsys-rows-work"); // the buttons are hidden without it
  document.addEventListener("click", press);
  document.addEventListener("focusin", ({ target }) => (last = placeOf(target)));
  document.addEventListener("pointerdown", ({ target }) => {
    if (!placeOf(target)) last = undefined;
  });
  afterChanges(keepFocus);
}
