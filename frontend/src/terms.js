// The definition of a term, shown beside it while the mouse or the focus is on it: whole inside the
// window, whatever scrolls around the term, and above it, since its control stands below.

const TERM = ".recsys-term";
const MARGIN = 8; // px to the term, and to the edges of the window

/** @type {{ term: Element, tip: HTMLElement } | undefined} */
let shown;

function hide() {
  shown?.tip.remove();
  shown = undefined;
}

/** @param {Event} event */
function show({ target }) {
  const term = target instanceof Element ? target.closest(TERM) : null;
  if (!term) return;
  hide();
  const tip = document.createElement("div");
  tip.className = "recsys-tip";
  tip.ariaHidden = "true"; // a screen reader has read it as the name of the term
  tip.textContent = term.getAttribute("aria-label");
  document.body.append(tip);
  shown = { term, tip };
  put();
}

function put() {
  if (!shown) return;
  const { term, tip } = shown;
  const [place, size] = [term.getBoundingClientRect(), tip.getBoundingClientRect()];
  const above = place.top - size.height - MARGIN;
  const left = Math.min(place.left, document.documentElement.clientWidth - size.width - MARGIN);
  tip.style.left = `${Math.max(left, MARGIN)}px`;
  tip.style.top = `${above >= MARGIN ? above : place.bottom + MARGIN}px`;
}

export function explainTerms() {
  document.documentElement.classList.add("recsys-tips");
  for (const event of ["mouseover", "focusin"]) document.addEventListener(event, show);
  for (const event of ["mouseout", "focusout"]) document.addEventListener(event, hide);
  // The focus scrolls to the term, if it is not in view.
  const follow = () => (shown?.term.matches(":focus, :hover") ? put() : hide());
  document.addEventListener("scroll", follow, { capture: true, passive: true });
  // Escape hides it, as it should hide any tooltip.
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
}
