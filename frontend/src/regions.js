// The regions of the page, which the template makes from the cells' tags.

/** Join the parts of each region: a notebook may come back to one, and it has one place on the page. */
export function joinRegions() {
  for (const part of document.querySelectorAll(".region[id]")) {
    const first = document.getElementById(part.id);
    if (!first || first === part) continue;
    first.append(...part.childNodes);
    part.remove();
  }
}
