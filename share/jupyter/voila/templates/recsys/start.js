// The page's front end: the light one where it can show every widget, else Voilà's own.
{
  const states = JSON.parse(document.getElementById("widget-states").textContent);
  if (Object.values(states).every(isKnown)) startPage(states, pageConfig());
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
  showCellsWithTheme();
  drawAgain();
}

// Figures that are there while Voilà's front end loads may get lost.
function drawAgain() {
  const button = document.querySelector(".recsys-draw");
  if (document.getElementById("loading") || !button) setTimeout(drawAgain, 100);
  else button.click();
}
