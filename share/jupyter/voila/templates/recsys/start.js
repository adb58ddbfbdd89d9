// The page's front end: the light one where it can show every widget, else Voilà's own.
{
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const states = read("widget-states");
  if (Object.values(states).every(isKnown)) startPage(states, read("jupyter-config-data"));
  else loadVoila();
}

function loadVoila() {
  passOverVersions();
  const parts = document.getElementById("voila-front-end").content.cloneNode(true);
  for (const script of parts.querySelectorAll("script")) {
    script.async = false;
    // Our colours come after JupyterLab's.
    script.onload = () => document.head.append(document.getElementById("page-style"));
  }
  document.head.append(parts);
  window.voila_finish();
  drawAgain();
}

// Figures that are there while Voilà's front end loads may get lost.
function drawAgain() {
  const button = document.querySelector(".recsys-draw");
  if (document.getElementById("loading") || !button) setTimeout(drawAgain, 100);
  else button.click();
}

// The widgets extension is built against a newer JupyterLab than Voilà's bundle, works with it,
// and says so a dozen times. All other messages pass.
function passOverVersions() {
  const warn = console.warn;
  const expected = /^(Unsatisfied version|No satisfying version)\b/;
  console.warn = (...args) => {
    if (!expected.test(String(args[0]))) warn.apply(console, args);
  };
}
