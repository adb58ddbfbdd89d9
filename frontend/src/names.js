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

/**
 * Set an attribute, unless it is set already: the browser would compute the style again.
 *
 * @param {Element} node
 * @param {string} name
 * @param {string} value
 */
function set(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

function nameSliders() {
  for (const part of all(".noUi-handle:not([aria-label]), .widget-readout:not([aria-label])")) {
    const label = part.closest(".widget-slider")?.querySelector(".widget-label")?.textContent;
    if (!label) continue;
    const readout = part.matches(".widget-readout");
    set(part, "aria-label", readout ? `${label}: value` : label);
    if (readout) set(part, "role", "textbox");
  }
}

function nameProgress() {
  for (const bar of all(".recsys .progress:not([aria-label])")) {
    const kinds = { ".recsys-evaluating": "Evaluation", ".recsys-comparing": "Comparison" };
    const [, kind] = Object.entries(kinds).find(([place]) => bar.closest(place)) ?? [];
    set(bar, "aria-label", kind ?? "Training");
    set(bar, "role", "progressbar");
  }
}

function nameCharts() {
  for (const figure of all(".recsys-chart")) {
    const caption = figure.querySelector(".recsys-caption p")?.textContent;
    if (!caption) continue;
    set(figure, "role", "group");
    set(figure, "aria-label", caption);
  }
  for (const figure of all(".recsys-wide .recsys-figure")) {
    set(figure, "tabindex", "0"); // so that it can be scrolled by the keyboard
  }
}

/** Buttons that stay pressed: their state is only a class. */
function nameChoices() {
  const choices = { ".recsys-choose": "Charts", ".recsys-choose-model": "Models" };
  for (const [place, words] of Object.entries(choices)) {
    for (const choice of all(place)) {
      set(choice, "role", "group");
      set(choice, "aria-label", words);
    }
  }
  for (const one of all(".recsys .jupyter-button.widget-toggle-button")) {
    const pressed = String(one.classList.contains("mod-active"));
    const menu = one.matches(".recsys-opener");
    set(one, menu ? "aria-expanded" : "aria-pressed", pressed);
    if (menu) one.removeAttribute("aria-pressed");
  }
  // So that a click between its controls does not end the search.
  for (const found of all(".recsys-found")) set(found, "tabindex", "-1");
}

function nameAll() {
  nameChoices();
  nameSliders();
  nameProgress();
  nameCharts();
  for (const button of all(".recsys-chips button, .recsys-dismiss")) {
    if (button.title) set(button, "aria-label", button.title);
  }
  const roles = {
    ".recsys-status, .recsys-outdated, .recsys-note": "status",
    ".recsys-error": "alert",
  };
  for (const [places, role] of Object.entries(roles)) {
    for (const place of all(places)) set(place, "role", role);
  }
}

/** Name everything, now and after each change of the page. */
export function keepNamed() {
  // A button of the charts changes only its class.
  document.addEventListener("click", afterChanges(nameAll));
}
