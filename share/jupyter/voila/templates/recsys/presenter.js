// The presenter's mode: one step at a time, in large type. A step is a heading of the notebook and
// the cells up to the next heading. A step with inputs also shows the recommendations.

let presented = 0; // the step that is shown, from 1; 0 outside this mode

function readSteps() {
  const steps = [];
  for (const cell of document.querySelectorAll(CELL)) {
    const heading = cell.querySelector(".jp-RenderedMarkdown :is(h2, h3)");
    if (heading) steps.push({ heading, cells: [] });
    const panel = cell.querySelector(".recsys");
    if (panel && !panel.matches(".recsys-hidden")) steps.at(-1)?.cells.push(cell);
  }
  return steps.filter(({ cells }) => cells.length);
}

function presenterBar() {
  const known = document.querySelector(".presenter");
  if (known) return known;
  const bar = document.createElement("nav");
  bar.className = "presenter";
  bar.setAttribute("aria-label", "Presentation");
  bar.innerHTML =
    '<button data-move="-1">Back</button><p role="status"></p>' +
    '<button data-move="1">Next</button><button data-move="leave">Leave</button>';
  bar.addEventListener("click", ({ target: { dataset } }) => {
    if (dataset.move) present(dataset.move === "leave" ? 0 : presented + Number(dataset.move));
  });
  document.body.append(bar);
  return bar;
}

function present(wanted) {
  const steps = readSteps();
  const before = presented;
  presented = Math.min(Math.max(wanted, wanted && 1), steps.length) || 0; // 0 if all steps are hidden
  if (presented === before) return;

  const { heading, cells } = steps[presented - 1] ?? {};
  const top = heading?.closest(CELL);
  for (const cell of document.querySelectorAll(CELL)) {
    cell.classList.toggle("in-step", cell === top || Boolean(cells?.includes(cell)));
  }
  document.body.classList.toggle("presenting", presented > 0);
  dispatchEvent(new Event("resize")); // for the charts
  tellWhatIsOpen();
  if (!presented) {
    document.querySelector(".presenter")?.remove();
    document.querySelector(".recsys-present")?.focus();
    return;
  }
  const bar = presenterBar();
  const [back, next] = bar.querySelectorAll("button");
  bar.querySelector("p").textContent =
    `Step ${presented} of ${steps.length}: ${heading.firstChild.textContent}`;
  back.disabled = presented === 1;
  next.disabled = presented === steps.length;
  if (!bar.contains(document.activeElement) || document.activeElement.disabled) {
    heading.tabIndex = -1;
    heading.focus();
  }
}

document.addEventListener("click", ({ target }) => {
  if (target.closest?.(".recsys-present")) present(1);
});

// Capturing, since widgets stop the propagation of their key events. A presentation remote sends
// PageUp and PageDown.
function moveByKey(event) {
  if (!presented || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  const inControl = event.target.closest?.("input, select, textarea, [role=slider], [tabindex='0']");
  const moves = { PageDown: 1, PageUp: -1, ...(inControl ? {} : { ArrowRight: 1, ArrowLeft: -1 }) };
  if (event.key in moves) present(Math.max(1, presented + moves[event.key]));
  else if (event.key === "Escape" && !event.target.matches?.(".recsys-term")) present(0);
  else return;
  event.preventDefault();
  event.stopPropagation();
}
document.addEventListener("keydown", moveByKey, true);
