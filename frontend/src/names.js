// What the widgets lack for a screen reader: names, roles and live regions.

import { afterChanges } from "./changes.js";

/**
 * The elements that match, below an element or in the page.
 *
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {HTMLElement[]}
 */
function all(selector, within = document) {
  return [...within.querySelectorAll(/** @type {"div"} */ (selector))];
}

function nameSliders() {
  for (const part of all(".noUi-handle:not([aria-label]), .widget-readout:not([aria-label])")) {
    const label = part.closest(".widget-slider")?.querySelector(".widget-label")?.textContent;
    if (!label) continue;
    const readout = part.matches(".widget-readout");
    part.setAttribute("aria-label", readout ? `${label}: value` : label);
    if (readout) part.setAttribute("role", "textbox");
  }
}

function nameProgress() {
  for (const bar of all(".recsys .progress:not([aria-label])")) {
    const kinds = { ".recsys-evaluating": "Evaluation", ".recsys-comparing": "Comparison" };
    const [, kind] = Object.entries(kinds).find(([place]) => bar.closest(place)) ?? [];
    bar.setAttribute("aria-label", kind ?? "Training");
    bar.setAttribute("role", "progressbar");
  }
}

function nameCharts() {
  for (const figure of all(".recsys-chart")) {
    const caption = figure.querySelector(".recsys-caption p")?.textContent;
    if (!caption) continue;
    figure.setAttribute("role", "group");
    figure.setAttribute("aria-label", caption);
  }
  for (const figure of all(".recsys-wide .recsys-figure")) {
    figure.tabIndex = 0; // so that it can be scrolled by the keyboard
  }
}

/** Buttons that stay pressed: their state is only a class. */
function nameChoices() {
  const choices = { ".recsys-choose": "Charts", ".recsys-choose-model": "Models" };
  for (const [place, words] of Object.entries(choices)) {
    for (const choice of all(place)) {
      choice.setAttribute("role", "group");
      choice.setAttribute("aria-label", words);
    }
  }
  for (const one of all(".recsys .jupyter-button.widget-toggle-button")) {
    const pressed = String(one.classList.contains("mod-active"));
    const menu = one.matches(".recsys-opener");
    one.setAttribute(menu ? "aria-expanded" : "aria-pressed", pressed);
    if (menu) one.removeAttribute("aria-pressed");
  }
  // So that a click between its controls does not end the search.
  for (const found of all(".recsys-found")) found.tabIndex = -1;
}

function nameAll() {
  nameChoices();
  nameSliders();
  nameProgress();
  nameCharts();
  for (const button of all(".recsys-chips button, .recsys-dismiss")) {
    if (button.title) button.setAttribute("aria-label", button.title);
  }
  const roles = {
    ".recsys-status, .recsys-outdated, .recsys-note": "status",
    ".recsys-error": "alert",
  };
  for (const [places, role] of Object.entries(roles)) {
    for (const place of all(places)) place.setAttribute("role", role);
  }
}

/** Name everything, now and after each change of the page. */
export function keepNamed() {
  // A button of the charts changes only its class.
  document.addEventListener("click", afterChanges(nameAll));
}
