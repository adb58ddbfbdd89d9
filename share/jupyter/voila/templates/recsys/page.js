// Words on the loading screen; then what the widgets leave out: names for slider handles and
// charts, live regions, and keys for the course list.

window.voila_heartbeat = () => {};

window.voila_process = (cell, cells) => {
  const text = document.getElementById("loading_text");
  const bar = document.getElementById("loading_bar");
  if (!text || !bar) return;
  text.textContent = cell < 3 ? "Loading the courses…" : "Building the page…";
  bar.value = Math.round((100 * cell) / (cells + 1));
};

function nameControls() {
  for (const handle of document.querySelectorAll(".noUi-handle:not([aria-label])")) {
    const label = handle.closest(".widget-slider")?.querySelector(".widget-label");
    if (label?.textContent) handle.setAttribute("aria-label", label.textContent);
  }
  for (const readout of document.querySelectorAll(".widget-readout:not([aria-label])")) {
    const label = readout.closest(".widget-slider")?.querySelector(".widget-label");
    if (label?.textContent) {
      readout.setAttribute("aria-label", `${label.textContent}: value`);
      readout.setAttribute("role", "textbox");
    }
  }
  for (const bar of document.querySelectorAll(".progress:not([aria-label])")) {
    bar.setAttribute("aria-label", "Training");
    bar.setAttribute("role", "progressbar");
  }
  for (const chip of document.querySelectorAll(".recsys-chips button")) {
    if (chip.title) chip.setAttribute("aria-label", chip.title);
  }
  for (const figure of document.querySelectorAll(".recsys-chart")) {
    const caption = figure.querySelector(".recsys-caption p");
    if (caption) {
      figure.setAttribute("role", "group");
      figure.setAttribute("aria-label", caption.textContent);
    }
  }
  for (const status of document.querySelectorAll(".recsys-status, .recsys-outdated")) {
    status.setAttribute("role", "status");
  }
  for (const alert of document.querySelectorAll(".recsys-error")) {
    alert.setAttribute("role", "alert");
  }
}

let naming = 0;
new MutationObserver(() => {
  cancelAnimationFrame(naming);
  naming = requestAnimationFrame(nameControls);
}).observe(document.body, { childList: true, subtree: true });

function pickerOf(element) {
  const picker = element.closest(".recsys-picker");
  return {
    search: picker?.querySelector(".recsys-search input"),
    list: picker?.querySelector(".recsys-list select"),
    add: picker?.querySelector("button.recsys-add"),
  };
}

// What is shown about a term goes away with Escape, as any tooltip should.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches?.(".recsys-term")) event.target.blur();
});

// Capturing, since text widgets keep their keys to themselves.
function handleKey(event) {
  const { search, list, add } = pickerOf(event.target);
  if (!list) return;
  if (event.target === search && (event.key === "ArrowDown" || event.key === "Enter")) {
    event.preventDefault();
    list.focus();
    if (list.selectedIndex < 0 && list.options.length) {
      list.selectedIndex = 0;
      list.dispatchEvent(new Event("change", { bubbles: true }));
    }
  } else if (event.target === list && event.key === "Enter") {
    event.preventDefault();
    add.click();
  } else if (
    event.target === list &&
    (event.key === "Escape" || (event.key === "ArrowUp" && list.selectedIndex <= 0))
  ) {
    event.preventDefault();
    search.focus();
    search.select();
  }
}
document.addEventListener("keydown", handleKey, true);

document.addEventListener("dblclick", (event) => {
  const { list, add } = pickerOf(event.target);
  if (list?.contains(event.target)) add.click();
});
