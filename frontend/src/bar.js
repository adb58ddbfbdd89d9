// A bar at the edge of the window, for what concerns the whole page.

/**
 * Show the bar, in place of the one that is there.
 *
 * @param {string} words
 * @param {object} [how]
 * @param {"alert" | "status"} [how.role] whether a screen reader interrupts
 * @param {boolean} [how.over] whether only opening the page again helps
 */
export function showBar(words, { role = "alert", over = false } = {}) {
  hideBar();
  const bar = document.createElement("div");
  bar.className = "recsys-bar";
  bar.setAttribute("role", role);
  bar.textContent = words;
  if (over) {
    const again = document.createElement("button");
    again.textContent = "Open it again";
    again.addEventListener("click", () => location.reload());
    bar.append(again);
  }
  document.body.append(bar);
}

export function hideBar() {
  document.querySelector(".recsys-bar")?.remove();
}
