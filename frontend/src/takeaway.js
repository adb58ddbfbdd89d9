// What a visitor takes away: text for the clipboard, and reports.

import { afterChanges } from "./changes.js";

/**
 * Copy a text, and say so on the button that was pressed.
 *
 * @param {string} text
 * @param {HTMLElement} button
 */
export async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Only a secure page may use the clipboard API; the older command copies a selection.
    const selected = document.createElement("textarea");
    selected.value = text;
    document.body.append(selected);
    selected.select();
    document.execCommand("copy");
    selected.remove();
    button.focus();
  }
  const words = (button.dataset.words ??= button.textContent ?? "");
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = words), 2000);
}

function prepare() {
  for (const copy of document.querySelectorAll(".recsys-copy")) {
    copy.classList.add("recsys-works"); // in JupyterLab there is no script for it, so it stays hidden
  }
  // A report that was requested by a button is downloaded at once; it needs no second press.
  const reports = document.querySelectorAll(
    /** @type {"a"} */ (".recsys-row a[download='report.html']"),
  );
  for (const link of reports) {
    link.click();
    link.remove();
  }
}

export function helpTakingAway() {
  afterChanges(prepare);
  document.addEventListener("click", ({ target }) => {
    /** @type {HTMLElement | null | undefined} */
    const copy = /** @type {Element} */ (target).closest?.(".recsys-copy");
    if (copy) copyText(copy.parentElement?.querySelector("pre")?.textContent ?? "", copy);
  });
}
