// Plugins that the page adds to Voilà's front end. Also pages of other templates load them.

import { Connection } from "./connection.js";
import { modelsAreThere, offerPlugins, widgetManager } from "./upstream.js";

/** @import { VoilaKernel } from "./upstream.js" */

// Voilà draws the cells when all plugins are active, and ipywidgets waits 2 s for a widget's model.
// If the model arrives in the last 0.1 s, the widget is reported as missing, and stays so. This
// plugin is active only when all models are there, so that the cells wait for them.
const modelsBeforeCells = {
  id: "recsys:models-before-cells",
  autoStart: true,
  async activate(/** @type {object} */ app) {
    const manager = await widgetManager(app);
    await modelsAreThere(manager);
    await /** @type {any} */ (globalThis).recsysPage?.handOver(manager);
  },
};

// Say when the kernel or the connection is lost. A kernel that has died is restarted without the
// page's widgets. A kernel without a connection for a while, as when a computer sleeps, is ended.
// After a lost connection the page reconnects and works as before.
const tellWhatIsLost = {
  id: "recsys:tell-what-is-lost",
  autoStart: true,
  activate(/** @type {object} */ app) {
    widgetManager(app).then(({ kernel }) => watchOver(kernel));
  },
};

/** @param {VoilaKernel} kernel */
function watchOver(kernel) {
  const isOpen = () => kernel.connectionStatus === "connected";
  // Voilà's own reconnection waits longer after each attempt, and gives up after seven.
  const connection = new Connection(`${kernel.serverSettings.baseUrl}api/kernels/${kernel.id}`, {
    isOpen,
    open: () => kernel.reconnect().catch(() => {}),
    async found() {
      if (!document.querySelector(".jupyter-widgets")) return true;
      const answer = await kernel.requestCommInfo({ target_name: "jupyter.widget" });
      return Object.keys(answer.content.comms ?? {}).length > 0;
    },
    close: () => {},
  });
  const look = () => {
    if (/restarting|dead/.test(kernel.status)) connection.end();
    else if (!isOpen()) connection.reopen();
  };
  kernel.statusChanged.connect(look);
  kernel.connectionStatusChanged.connect(look);
}

offerPlugins("recsys", [modelsBeforeCells, tellWhatIsLost]);
