// The script of the page. The template calls `open` when the body begins, `start` when all cells have
// run, and one of the two of Plotly; the plugins in Voilà's front end call `handOver`.

import { draw } from "./front_end.js";
import { followLinks, tellWhatIsOpen, uncover } from "./link.js";
import { showProgress } from "./loading.js";
import { keepMenus } from "./menus.js";
import { keepNamed } from "./names.js";
import { helpPicking } from "./picker.js";
import { offerPresenting } from "./presenter.js";
import { rememberQuestions } from "./questions.js";
import { helpTakingAway } from "./takeaway.js";
import { joinRegions, showWhatOpens } from "./regions.js";
import { previewPicks } from "./preview.js";
import { helpWithRows } from "./rows.js";
import { explainTerms } from "./terms.js";
import { setXsrfCookie } from "./upstream.js";

export { plotlyIsHere, plotlyIsLost } from "./figures.js";
export { handOver } from "./front_end.js";

export function open() {
  setXsrfCookie(); // also for Voilà's front end, which ends the kernel when the page is left
  showProgress();
  keepNamed();
  helpPicking();
  helpTakingAway();
  keepMenus();
  explainTerms();
  rememberQuestions();
  helpWithRows();
  showWhatOpens();
  previewPicks();
  offerPresenting(tellWhatIsOpen);
  followLinks();
}

export function start() {
  joinRegions();
  /** @type {Record<string, import("./models.js").State>} */
  const states = JSON.parse(document.getElementById("widget-states")?.textContent ?? "{}");
  const classes = Object.values(states).flatMap((state) => state._dom_classes ?? []);
  if (!classes.includes("recsys-address")) uncover(); // there is nothing to follow a link
  draw(states);
}
