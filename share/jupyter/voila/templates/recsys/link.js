// Keeps the address of the page and its state equal. The kernel writes the link of the state into
// `.recsys-address`. The page sends the kernel what only the page knows: the link it was opened with,
// which explanations are open, and which step is presented.

const asked = location.search;
const PATIENCE = 10000; // ms until the page is shown anyway: the notebook may have no link panel
let beginning; // the link of the state that a page has without a link
let following = !asked;

if (asked) document.documentElement.classList.add("opening-link");

function tellKernel(field, words) {
  const input = document.querySelector(`.recsys-${field} input`);
  if (!input) return;
  input.value = words;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function tellWhatIsOpen() {
  const open = [...document.querySelectorAll(".recsys-table [data-course]:has(details[open])")];
  const ids = open.map((row) => row.dataset.course.replace(/%/g, "%25").replace(/,/g, "%2C"));
  tellKernel("page", `why=${encodeURIComponent(ids.join(","))}&present=${presented}`);
}

function uncover() {
  document.documentElement.classList.remove("opening-link");
}

function followLink() {
  const link = document.querySelector(".recsys-address a");
  if (!link) return;
  if (beginning === undefined) {
    beginning = link.search;
    if (asked) tellKernel("asked", asked);
  }
  if (!following && link.dataset.heard !== "0") {
    following = true;
    present(Number(new URLSearchParams(link.search).get("present")));
    uncover();
  }
  if (!following) return;
  const query = link.search === beginning ? "" : link.search;
  if (query !== location.search) history.replaceState(null, "", location.pathname + query);
}
new MutationObserver(followLink).observe(document.body, { childList: true, subtree: true });

new MutationObserver((_, watcher) => {
  if (document.getElementById("loading")) return;
  watcher.disconnect();
  setTimeout(uncover, PATIENCE);
}).observe(document.body, { childList: true });

document.addEventListener("click", ({ target }) => {
  const copy = target.closest?.(".recsys-copy-link");
  if (copy) copyText(document.querySelector(".recsys-address a").href, copy);
});

// Capturing, since the event "toggle" does not bubble.
document.addEventListener(
  "toggle",
  ({ target }) => target.closest?.(".recsys-table") && following && tellWhatIsOpen(),
  true,
);
