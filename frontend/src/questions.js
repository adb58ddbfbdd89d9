// The questions to begin with: shown until they are dismissed once, and not beside a link, which is a
// question already.

const KEY = "recsys-questions";
const ANSWERED = "answered"; // the class of a page without them

function dismissedBefore() {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return true; // a browser without storage would show them every time
  }
}

export function rememberQuestions() {
  if (location.search || dismissedBefore()) document.documentElement.classList.add(ANSWERED);
  document.addEventListener("click", ({ target }) => {
    if (!(/** @type {Element} */ (target).closest?.(".recsys-dismiss"))) return;
    try {
      localStorage.setItem(KEY, "dismissed");
    } catch {
      // They are gone from this page, at least.
    }
  });
}
