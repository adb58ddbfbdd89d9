// Start the light front end if it can show every widget, else Voilà's own.
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
    // Our styles must come after JupyterLab's to override them.
    script.onload = () => document.head.append(document.getElementById("page-style"));
  }
  document.head.append(parts);
  showCellsWithTheme();
  drawAgain();
}

// Voilà's front end may lose figures that were drawn while it was loading.
function drawAgain() {
  const button = document.querySelector(".recsys-draw");
  if (document.getElementById("loading") || !button) setTimeout(drawAgain, 100);
  else button.click();
}
