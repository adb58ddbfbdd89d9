// Keeps the address of the page and its state equal. The kernel writes the link of the state into
// `.recsys-address`. The page sends the kernel what only the page knows: the link it was opened with,
// which explanations are open, and which step is presented.

import { whenComplete } from "./loading.js";
import { present, presentedStep } from "./presenter.js";
import { copyText } from "./takeaway.js";

const PATIENCE = 10000; // ms until the page is shown anyway
const OPENING = "opening-link"; // the class of a page whose link is not followed yet
const AFTER = 250; // ms: a change of the address keeps the browser busy, and the list comes first
const GESTURE = 1000; // ms: changes that follow each other sooner are one, such as a drag of a slider

/** The link that the page was opened with; "" without one. */
const asked = location.search;
/** The link of the state that a page has without a link.
 * @type {string | undefined} */
let beginning;
/** How many links the kernel will have opened when the address follows it; 0 while it does. */
let awaited = asked ? 1 : 0;
let lastChange = -Infinity;
/** The change of the address that is to come; 0 if none is.
 * @type {ReturnType<typeof setTimeout> | 0} */
let due = 0;

/**
 * Write into a hidden field of a panel.
 *
 * @param {string} field
 * @param {string} words
 */
export function tellKernel(field, words) {
  const input = document.querySelector(/** @type {"input"} */ (`.recsys-${field} input`));
  if (!input) return;
  input.value = words;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

export function tellWhatIsOpen() {
  const open = document.querySelectorAll(
    /** @type {"tr"} */ (".recsys-table [data-course]:has(details[open])"),
  );
  const ids = [...open].map(({ dataset }) =>
    (dataset.course ?? "").replace(/%/g, "%25").replace(/,/g, "%2C"),
  );
  tellKernel("page", `why=${encodeURIComponent(ids.join(","))}&present=${presentedStep()}`);
}

const address = () => document.querySelector(/** @type {"a"} */ (".recsys-address a"));

/** Show the page, which is hidden until its link is followed. */
export const uncover = () => document.documentElement.classList.remove(OPENING);

function followLink() {
  const link = address();
  if (!link) return;
  if (beginning === undefined) {
    beginning = link.search;
    tellWhatIsOpen(); // from now on, the kernel explains only the rows that are open
    if (asked) tellKernel("asked", asked);
  }
  if (Number(link.dataset.heard) < awaited) return;
  if (awaited === 0) {
    due ||= setTimeout(showAddress, AFTER);
    return;
  }
  showAddress();
  awaited = 0;
  present(Number(new URLSearchParams(link.search).get("present")));
  uncover();
}

/** Do not change the address after all. */
function leaveAddress() {
  clearTimeout(due);
  due = 0;
}

/** Write the link of the state into the address. */
function showAddress() {
  leaveAddress();
  const search = address()?.search;
  const query = search === beginning ? "" : search;
  if (query !== undefined && query !== location.search) keepInHistory(location.pathname + query);
}

/**
 * Show an address. Back returns to the one before, unless both belong to one movement of the hand.
 *
 * @param {string} changed
 */
function keepInHistory(changed) {
  const sooner = performance.now() - lastChange < GESTURE;
  lastChange = performance.now();
  if (sooner || awaited > 0) history.replaceState(null, "", changed);
  else history.pushState(null, "", changed);
}

/** Open the link that Back or Forward has put into the address. */
function goBack() {
  const link = address();
  if (!link || beginning === undefined) return;
  leaveAddress();
  awaited = Number(link.dataset.heard) + 1;
  tellKernel("asked", location.search || beginning);
}

export function followLinks() {
  if (asked) document.documentElement.classList.add(OPENING);
  new MutationObserver(followLink).observe(document.body, { childList: true, subtree: true });
  whenComplete(() => setTimeout(uncover, PATIENCE));
  addEventListener("popstate", goBack);
  document.addEventListener("click", ({ target }) => {
    /** @type {HTMLElement | null | undefined} */
    const copy = /** @type {Element} */ (target).closest?.(".recsys-copy-link");
    if (copy) copyText(address()?.href ?? "", copy);
  });
  // Capturing, since the event "toggle" does not bubble.
  document.addEventListener(
    "toggle",
    ({ target }) => {
      const row = /** @type {Element} */ (target).closest?.(".recsys-table");
      if (row && awaited === 0) tellWhatIsOpen();
    },
    true,
  );
}
