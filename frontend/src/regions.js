// The regions of the page, which the template makes from the cells' tags.

import { afterChanges } from "./changes.js";

/** Join the parts of each region: a notebook may come back to one, and it has one place on the page. */
export function joinRegions() {
  for (const part of document.querySelectorAll(".region[id]")) {
    const first = document.getElementById(part.id);
    if (!first || first === part) continue;
    first.append(...part.childNodes);
    part.remove();
  }
}

const charts = () => [...document.querySelectorAll(".region-chart .recsys-chart")];

/** Bring into view what a click opens elsewhere: the comparison, and a chart below another one. */
export function showWhatOpens() {
  /** @type {Set<Element> | undefined} the charts that were open before the click */
  let before;
  const open = () => charts().filter((one) => one.checkVisibility());
  const press = (/** @type {MouseEvent} */ { target }) => {
    const button = target instanceof Element ? target.closest("button") : null;
    if (button?.matches(".recsys-compare")) {
      document.querySelector(".recsys-comparison")?.scrollIntoView({ block: "start" });
    } else if (button?.matches(".recsys-choose [aria-pressed=false]")) {
      before = new Set(open());
    }
  };
  document.addEventListener("click", press, true); // before the button is pressed
  afterChanges(() => {
    if (!before) return;
    const opened = open().find((one) => !before?.has(one));
    if (!opened) return;
    before = undefined;
    opened.scrollIntoView({ block: "nearest" });
  });
}
