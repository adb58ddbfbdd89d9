// Menus close by Escape, and by a click beside them. What is open is known by the class of the button.

const OPEN = ".recsys-opener.mod-active";

/** @param {Element} [but] a menu that stays open */
function closeMenus(but) {
  for (const opener of document.querySelectorAll(/** @type {"button"} */ (OPEN))) {
    if (opener.parentElement !== but) opener.click();
  }
}

export function keepMenus() {
  document.addEventListener("click", ({ target }) => {
    const element = /** @type {Element} */ (target);
    // A click on what it has removed from the page is one in the menu.
    if (element.isConnected) closeMenus(element.closest?.(".recsys-menu") ?? undefined);
  });
  document.addEventListener(
    "keydown",
    ({ key, target }) => {
      if (key !== "Escape") return;
      const menu = /** @type {Element} */ (target).closest?.(".recsys-menu");
      if (!menu?.querySelector(OPEN)) return;
      menu.querySelector(/** @type {"button"} */ (OPEN))?.focus();
      closeMenus();
    },
    true,
  );
}
