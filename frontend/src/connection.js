// A connection to a kernel that is opened again when it is lost, until the kernel is gone. Must not
// know what the connection carries: our front end and Voilà's both use it.

import { hideBar, showBar } from "./bar.js";
import { xsrfToken } from "./upstream.js";

const PAUSE = 1000; // ms between two attempts

/**
 * @typedef {object} Line what is connected
 * @property {() => boolean} isOpen
 * @property {() => Promise<unknown>} open resolves when it is open, or could not be opened
 * @property {() => Promise<boolean>} found is called after a reconnection; whether the kernel still has
 *   the widgets of the page
 * @property {() => void} close
 */

export class Connection {
  /**
   * @param {string} address of the kernel
   * @param {Line} line
   */
  constructor(address, line) {
    this.address = address;
    this.line = line;
    this.gone = false; // the kernel, or the page's interest in it
    this.opening = false;
    // After a computer has slept the kernel may be gone: say so before the visitor clicks.
    document.addEventListener("visibilitychange", async () => {
      if (!document.hidden && (await this.ask()) === 404) this.end();
    });
  }

  /** The line is closed, or could not be opened: try until it is open, or the kernel is gone. */
  async reopen() {
    if (this.gone || this.opening) return;
    this.opening = true;
    showBar("The connection to the server is lost; trying again…");
    while (!this.gone && !this.line.isOpen()) {
      const status = await this.ask();
      if (this.gone) break;
      if (status >= 400 && status < 500) this.end();
      if (status < 400) await this.line.open();
      if (!this.line.isOpen()) await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    this.opening = false;
    if (this.gone) return;
    if (!(await this.line.found())) this.end();
    else if (this.line.isOpen()) hideBar();
  }

  /** The kernel is gone: say so, unless the page has left it. */
  end() {
    if (this.gone) return;
    this.leave();
    showBar("The part of this page that runs on the server has ended.", { over: true });
  }

  /** Close the line for good. */
  leave() {
    this.gone = true;
    this.line.close();
  }

  /** The HTTP status of the kernel's address; 599 if the server does not answer. */
  async ask() {
    // A JupyterHub accepts only requests that repeat the cookie.
    const headers = { "X-XSRFToken": xsrfToken() };
    const answer = await fetch(this.address, { headers }).catch(() => ({ status: 599 }));
    return answer.status;
  }
}
