// The tour of the dashboard: three steps, shown until it is dismissed once.

const STEPS = [
  [".recsys-picked", "These picks stand for what you know. Remove one, or add your own above."],
  [".recsys-model", "Each model answers in its own way. Choose one, and move its sliders."],
  [".recsys-recommendations", "The list follows at once. Open a row to see why it is there."],
];

/**
 * What the browser remembers of the tour; with a value it is set first.
 *
 * @param {string} [value]
 */
function remembered(value) {
  try {
    if (value) localStorage.setItem("recsys-tour", value);
    return localStorage.getItem("recsys-tour");
  } catch {
    return "unknown"; // a browser without storage would show the tour every time
  }
}

/** Show the tour to a new visitor as soon as the page has all that it shows, if it ever does. */
export function offerTour() {
  // The tour might point at what a failed cell should have shown.
  if (remembered() || document.querySelector(".cell-error")) return;
  const look = () => {
    if (!STEPS.every(([place]) => document.querySelector(place))) return;
    watcher.disconnect();
    showTour();
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, { childList: true, subtree: true });
  look();
}

function showTour() {
  const card = document.createElement("section");
  card.className = "tour";
  card.setAttribute("aria-label", "Tour");
  const words = document.createElement("p");
  words.setAttribute("role", "status");
  words.textContent = "New here? Three steps show what this page does.";
  const [skip, next] = [document.createElement("button"), document.createElement("button")];
  skip.textContent = "Skip the tour";
  next.textContent = "Next";
  const row = document.createElement("div");
  row.append(skip, next);
  card.append(words, row);
  let step = -1;

  const target = () => document.querySelector(STEPS[step]?.[0] ?? "#none");
  const end = () => {
    target()?.classList.remove("tour-mark");
    card.remove();
    remembered("done");
  };
  const advance = () => {
    target()?.classList.remove("tour-mark");
    step += 1;
    if (step === STEPS.length) return end();
    target()?.classList.add("tour-mark");
    target()?.scrollIntoView({ block: "center" });
    words.textContent = `${step + 1} of ${STEPS.length}: ${STEPS[step][1]}`;
    if (step < STEPS.length - 1) return;
    next.textContent = "Done";
    skip.remove();
  };
  skip.addEventListener("click", end);
  next.addEventListener("click", advance);
  card.addEventListener("keydown", ({ key }) => key === "Escape" && end());
  document.body.append(card);
}
