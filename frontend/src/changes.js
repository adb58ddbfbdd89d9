// What the page does after it has changed.

/**
 * Call `act` after changes of the page, once a frame at most.
 *
 * @param {() => void} act
 * @returns {() => void} asks for a call, as a change does
 */
export function afterChanges(act) {
  let frame = 0;
  const later = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(act);
  };
  new MutationObserver(later).observe(document.body, { childList: true, subtree: true });
  return later;
}
