// Keys for the list of courses, and a limit for uploaded files.

import { onFileChosen } from "./upstream.js";

/** @param {EventTarget | null} target of an event, in or outside a picker */
function pickerOf(target) {
  const picker = target instanceof Element ? target.closest(".recsys-picker") : null;
  return {
    search: /** @type {HTMLInputElement | null} */ (picker?.querySelector(".recsys-search input")),
    list: /** @type {HTMLSelectElement | null} */ (picker?.querySelector(".recsys-list select")),
    add: /** @type {HTMLButtonElement | null} */ (picker?.querySelector("button.recsys-add")),
  };
}

/**
 * Select the first course: the list may still be changing after the visitor has typed, which removes
 * the selection.
 *
 * @param {HTMLSelectElement} list
 */
function selectFirst(list) {
  if (list.selectedIndex >= 0 || !list.options.length) return;
  list.selectedIndex = 0;
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

/** @param {KeyboardEvent} event */
function handleKey(event) {
  const { search, list, add } = pickerOf(event.target);
  if (!list) return;
  if (event.target === search && (event.key === "ArrowDown" || event.key === "Enter")) {
    event.preventDefault();
    list.focus();
    selectFirst(list);
  } else if (event.target === search && event.key === "Escape") {
    search?.blur(); // which hides the list
  } else if (event.target === list && event.key === "Enter") {
    event.preventDefault();
    selectFirst(list);
    add?.click();
  } else if (
    event.target === list &&
    (event.key === "Escape" || (event.key === "ArrowUp" && list.selectedIndex <= 0))
  ) {
    event.preventDefault();
    search?.focus();
    search?.select();
  }
}

/**
 * A file that is too large for one message would end the connection to the kernel, so it is not sent.
 *
 * @param {Event} event
 */
function refuseLargeFile(event) {
  const caps = /** @type {HTMLElement | null} */ (document.querySelector("[data-most-bytes]"));
  const [file] = /** @type {HTMLInputElement} */ (event.target).files ?? [];
  const most = Number(caps?.dataset.mostBytes);
  if (!caps || !file || file.size <= most) return;
  event.stopImmediatePropagation();
  const status = caps.closest(".recsys-upload")?.querySelector(".recsys-status");
  const words = document.createElement("p");
  words.textContent =
    `${file.name}: has ${(file.size / 1e6).toFixed(1)} MB; at most ${most / 1e6} MB is allowed. ` +
    "It was not sent.";
  status?.classList.add("recsys-refused");
  status?.querySelector(".widget-html-content")?.replaceChildren(words);
}

export function helpPicking() {
  // Capturing, since text widgets stop the propagation of their key events.
  document.addEventListener("keydown", handleKey, true);
  document.addEventListener("dblclick", ({ target }) => {
    const { list, add } = pickerOf(target);
    if (list?.contains(/** @type {Node} */ (target))) add?.click();
  });
  onFileChosen(refuseLargeFile);
}
