// The presenter's mode: one step at a time, in large type. The bench is a step; of what stands below it,
// or of a page without a bench, each heading is one, with the cells up to the next heading.

import { CELL } from "./upstream.js";

/** The step that is shown, from 1; 0 outside this mode. */
let presented = 0;
/** What to call when another step is shown.
 * @type {() => void} */
let hear = () => {};

export const presentedStep = () => presented;

/**
 * @typedef {object} Step
 * @property {HTMLElement} heading
 * @property {Element[]} parts what is shown: the bench, or the cells of the step
 */

function readSteps() {
  /** @type {Step[]} */
  const steps = [];
  const bench = document.querySelector(".bench");
  const title = bench?.querySelector(/** @type {"h1"} */ (".jp-RenderedMarkdown h1"));
  if (bench && title) steps.push({ heading: title, parts: [bench] });
  const withPanels = new Set(steps);
  for (const cell of document.querySelectorAll(`.plain ${CELL}`)) {
    const heading = cell.querySelector(
      /** @type {"h2"} */ (".jp-RenderedMarkdown :is(h2, h3)"),
    );
    if (heading) steps.push({ heading, parts: [cell] });
    const panel = cell.querySelector(".recsys");
    const step = steps.at(-1);
    if (panel && step && !panel.matches(".recsys-hidden")) {
      step.parts.push(cell);
      withPanels.add(step);
    }
  }
  return steps.filter((step) => withPanels.has(step));
}

/** The bar with the buttons, made if there is none. */
function presenterBar() {
  let bar = document.querySelector(/** @type {"nav"} */ (".presenter"));
  if (!bar) {
    bar = document.createElement("nav");
    bar.className = "presenter";
    bar.setAttribute("aria-label", "Presentation");
    bar.innerHTML =
      '<button data-move="-1">Back</button><p role="status"></p>' +
      '<button data-move="1">Next</button><button data-move="leave">Leave</button>';
    bar.addEventListener("click", ({ target }) => {
      const { move } = /** @type {HTMLElement} */ (target).dataset;
      if (move) present(move === "leave" ? 0 : presented + Number(move));
    });
    document.body.append(bar);
  }
  const [back, next] = bar.querySelectorAll("button");
  return { bar, words: bar.querySelector("p"), back, next };
}

/**
 * Whether a part of the page that is not a cell contains a part of a step.
 *
 * @param {Element} one
 * @param {Element} part
 */
const contains = (one, part) => !one.matches(CELL) && one.contains(part);

/**
 * Show a step, from 1; 0 leaves the mode.
 *
 * @param {number} wanted
 */
export function present(wanted) {
  const steps = readSteps();
  const before = presented;
  presented = Math.min(Math.max(wanted, wanted && 1), steps.length) || 0; // 0 if all steps are hidden
  if (presented === before) return;

  const { heading, parts = [] } = steps[presented - 1] ?? {};
  for (const one of document.querySelectorAll(`.bench, .plain, ${CELL}`)) {
    one.classList.toggle("in-step", parts.some((part) => one === part || contains(one, part)));
  }
  document.body.classList.toggle("presenting", presented > 0);
  dispatchEvent(new Event("resize")); // for the charts
  hear();
  if (!heading) {
    document.querySelector(".presenter")?.remove();
    document.querySelector(/** @type {"button"} */ (".recsys-present"))?.focus();
    return;
  }
  const { bar, words, back, next } = presenterBar();
  if (words) {
    words.textContent = `Step ${presented} of ${steps.length}: ${heading.firstChild?.textContent}`;
  }
  back.disabled = presented === 1;
  next.disabled = presented === steps.length;
  const focused = document.activeElement;
  if (!bar.contains(focused) || focused?.matches(":disabled")) {
    heading.tabIndex = -1;
    heading.focus();
  }
}

/** @param {KeyboardEvent} event */
function moveByKey(event) {
  if (!presented || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  const target = /** @type {Element} */ (event.target);
  const inControl = target.closest?.("input, select, textarea, [role=slider], [tabindex='0']");
  // A presentation remote sends PageUp and PageDown.
  /** @type {Record<string, number>} */
  const moves = { PageDown: 1, PageUp: -1, ...(inControl ? {} : { ArrowRight: 1, ArrowLeft: -1 }) };
  if (event.key in moves) present(Math.max(1, presented + moves[event.key]));
  else if (event.key === "Escape" && !target.matches?.(".recsys-term, .recsys-menu *, .recsys-picker *")) present(0);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** @param {() => void} whenMoved is called when another step is shown */
export function offerPresenting(whenMoved) {
  hear = whenMoved;
  document.addEventListener("click", ({ target }) => {
    if (/** @type {Element} */ (target).closest?.(".recsys-present")) present(1);
  });
  // Capturing, since widgets stop the propagation of their key events.
  document.addEventListener("keydown", moveByKey, true);
}
