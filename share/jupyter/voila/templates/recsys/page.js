// The text on the loading screen, and what the widgets lack: accessible names for slider handles and
// charts, live regions, and keys for the course list.

setXsrfCookie(); // also for Voilà's front end, which ends the kernel when the page is left

onProgress((cell, cells) => {
  const text = document.getElementById("loading_text");
  const bar = document.getElementById("loading_bar");
  if (!text || !bar) return;
  text.textContent = cell < 3 ? "Loading the courses…" : "Building the page…";
  bar.value = Math.round((100 * cell) / (cells + 1));
});

// Show a bar that says the connection is lost; without `words` it is removed.
function tellLost(words, over = false) {
  let bar = document.querySelector(".recsys-lost");
  if (!words) return bar?.remove();
  if (!bar) {
    bar = document.createElement("div");
    bar.className = "recsys-lost";
    bar.setAttribute("role", "alert");
    document.body.append(bar);
  }
  bar.textContent = words;
  if (over) {
    const again = document.createElement("button");
    again.textContent = "Open it again";
    again.addEventListener("click", () => location.reload());
    bar.append(again);
  }
}

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
    const named = { ".recsys-evaluating": "Evaluation", ".recsys-comparing": "Comparison" };
    const kind = Object.keys(named).find((one) => bar.closest(one));
    bar.setAttribute("aria-label", named[kind] ?? "Training");
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
  for (const choice of document.querySelectorAll(".recsys-choose")) {
    choice.setAttribute("role", "group");
    choice.setAttribute("aria-label", "Charts");
    for (const one of choice.querySelectorAll("button")) {
      one.setAttribute("aria-pressed", one.classList.contains("mod-active"));
    }
  }
  for (const figure of document.querySelectorAll(".recsys-wide .recsys-figure")) {
    figure.tabIndex = 0; // so that it can be scrolled by the keyboard
  }
  for (const copy of document.querySelectorAll(".recsys-copy")) {
    copy.classList.add("recsys-works"); // in JupyterLab there is no script for it, so it stays hidden
  }
  // A report that was requested by a button is downloaded at once.
  for (const link of document.querySelectorAll(".recsys-row a[download='report.html']")) {
    if (!link.dataset.saved) link.click();
    link.dataset.saved = "yes";
  }
  for (const status of document.querySelectorAll(".recsys-status, .recsys-outdated")) {
    status.setAttribute("role", "status");
  }
  for (const alert of document.querySelectorAll(".recsys-error")) {
    alert.setAttribute("role", "alert");
  }
  for (const note of document.querySelectorAll(".recsys-note")) {
    note.setAttribute("role", "status");
  }
}

let naming = 0;
new MutationObserver(() => {
  cancelAnimationFrame(naming);
  naming = requestAnimationFrame(nameControls);
}).observe(document.body, { childList: true, subtree: true });

// The list may still be changing after the visitor has typed, which removes the selection.
function markFirst(list) {
  if (list.selectedIndex >= 0 || !list.options.length) return;
  list.selectedIndex = 0;
  list.dispatchEvent(new Event("change", { bubbles: true }));
}

function pickerOf(element) {
  const picker = element.closest(".recsys-picker");
  return {
    search: picker?.querySelector(".recsys-search input"),
    list: picker?.querySelector(".recsys-list select"),
    add: picker?.querySelector("button.recsys-add"),
  };
}

// Escape hides the explanation of a term, as it should hide any tooltip.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches?.(".recsys-term")) event.target.blur();
});

// Capturing, since text widgets stop the propagation of their key events.
function handleKey(event) {
  const { search, list, add } = pickerOf(event.target);
  if (!list) return;
  if (event.target === search && (event.key === "ArrowDown" || event.key === "Enter")) {
    event.preventDefault();
    list.focus();
    markFirst(list);
  } else if (event.target === list && event.key === "Enter") {
    event.preventDefault();
    markFirst(list);
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

// A file that is too large for one message would end the connection to the kernel, so it is not sent.
function refuseLargeFile(event) {
  const caps = document.querySelector("[data-most-bytes]");
  const [file] = event.target.files;
  if (!caps || !file || file.size <= Number(caps.dataset.mostBytes)) return;
  event.stopImmediatePropagation();
  const status = caps.closest(".recsys-upload").querySelector(".recsys-status");
  const words = document.createElement("p");
  words.textContent = `${file.name}: has ${(file.size / 1e6).toFixed(1)} MB; at most ${
    caps.dataset.mostBytes / 1e6
  } MB is allowed. It was not sent.`;
  status.classList.add("recsys-refused");
  status.querySelector(".widget-html-content").replaceChildren(words);
}

onFileChosen(refuseLargeFile);

async function copyText(text, button) {
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
  const words = (button.dataset.words ??= button.textContent);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = words), 2000);
}

document.addEventListener("click", (event) => {
  const copy = event.target.closest?.(".recsys-copy");
  if (copy) copyText(copy.parentElement.querySelector("pre").textContent, copy);
  if (event.target.closest?.(".recsys-choose")) requestAnimationFrame(nameControls);
});

document.addEventListener("dblclick", (event) => {
  const { list, add } = pickerOf(event.target);
  if (list?.contains(event.target)) add.click();
});

// The tour: three steps, shown until it is dismissed once.

const TOUR = [
  [".recsys-picked", "These courses stand for what you know. Remove one, or add your own above."],
  [".recsys-model", "Each model answers in its own way. Choose one, and move its sliders."],
  [".recsys-recommendations", "The list follows at once. Open a course to see why it is there."],
];

function remembered(value) {
  try {
    if (value) localStorage.setItem("recsys-tour", value);
    return localStorage.getItem("recsys-tour");
  } catch {
    return "unknown"; // a browser without storage would show the tour every time
  }
}

function showTour() {
  const card = document.createElement("section");
  card.className = "tour";
  card.setAttribute("aria-label", "Tour");
  card.innerHTML =
    '<p role="status"></p><div><button data-tour="end">Skip the tour</button>' +
    '<button data-tour="next">Next</button></div>';
  const words = card.querySelector("p");
  const next = card.querySelector("[data-tour=next]");
  let step = -1;

  const mark = (on) => document.querySelector(TOUR[step]?.[0])?.classList.toggle("tour-mark", on);
  const end = () => {
    mark(false);
    card.remove();
    remembered("done");
  };
  const advance = () => {
    mark(false);
    step += 1;
    if (step === TOUR.length) return end();
    mark(true);
    document.querySelector(TOUR[step][0])?.scrollIntoView({ block: "center" });
    words.textContent = `${step + 1} of ${TOUR.length}: ${TOUR[step][1]}`;
    if (step === TOUR.length - 1) {
      next.textContent = "Done";
      card.querySelector("[data-tour=end]").remove();
    }
  };
  card.addEventListener("click", ({ target }) => {
    if (target.dataset.tour === "end") end();
    if (target.dataset.tour === "next") advance();
  });
  card.addEventListener("keydown", ({ key }) => key === "Escape" && end());
  document.body.append(card);
  words.textContent = "New here? Three steps show what this page does.";
}

// The loading screen is removed when the page is complete.
new MutationObserver((_, watcher) => {
  if (document.getElementById("loading")) return;
  watcher.disconnect();
  if (!remembered() && !asked) showTour(); // a page with a link is already a lesson
}).observe(document.body, { childList: true });
