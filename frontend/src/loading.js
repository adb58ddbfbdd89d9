// The loading screen, which is removed when the page is complete.

import { onProgress } from "./upstream.js";

/** Show on the loading screen how far the notebook is. */
export function showProgress() {
  onProgress((cell, cells) => {
    const text = document.getElementById("loading_text");
    const bar = /** @type {HTMLProgressElement | null} */ (document.getElementById("loading_bar"));
    if (!text || !bar) return;
    text.textContent = "Running the notebook…";
    bar.value = Math.round((100 * cell) / (cells + 1));
  });
}

/**
 * Call `act` when the page is complete.
 *
 * @param {() => void} act
 */
export function whenComplete(act) {
  new MutationObserver((_, watcher) => {
    if (document.getElementById("loading")) return;
    watcher.disconnect();
    act();
  }).observe(document.body, { childList: true });
}
