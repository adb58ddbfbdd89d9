// What the dashboard's page needs inside Voilà's front end: plugins, written as the module
// container that Voilà loads, since there is nothing to bundle.

{
  // Voilà draws the cells once all plugins are active, and ipywidgets looks for a widget for 2 s.
  // If its model comes in the last tenth of the second second, it is reported as not found, for
  // good. So the cells wait here until all models are there.
  const modelsBeforeCells = {
    id: "recsys:models-before-cells",
    autoStart: true,
    activate: async (app) => {
      const manager = await app.widgetManagerPromise.promise;
      if (!manager.restoredStatus) {
        await new Promise((resolve) => manager.restored.connect(resolve));
      }
    },
  };

  // A kernel that has died is started anew, but without the page's widgets; a connection that was
  // cut is made again, and then all is as before.
  const tellWhatIsLost = {
    id: "recsys:tell-what-is-lost",
    autoStart: true,
    activate: (app) => {
      app.widgetManagerPromise.promise.then(({ kernel }) => {
        let gone = false;
        const look = () => {
          gone = gone || /restarting|dead/.test(kernel.status);
          if (gone) tell("The part of this page that runs on the server has ended.", true);
          else if (kernel.connectionStatus === "connected") tell("");
          else tell("The connection to the server is lost; trying again…");
        };
        kernel.statusChanged.connect(look);
        kernel.connectionStatusChanged.connect(look);
      });
    },
  };

  function tell(words, over = false) {
    let bar = document.querySelector(".recsys-lost");
    if (!words) return bar?.remove();
    if (!bar) {
      bar = document.createElement("div");
      bar.className = "recsys-lost";
      bar.setAttribute("role", "alert");
      document.body.append(bar);
    }
    bar.textContent = words;
    if (over) {
      const again = document.createElement("button");
      again.textContent = "Open it again";
      again.addEventListener("click", () => location.reload());
      bar.append(again);
    }
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.recsys = {
    init: () => {},
    get: async () => () => [modelsBeforeCells, tellWhatIsLost],
  };
}
