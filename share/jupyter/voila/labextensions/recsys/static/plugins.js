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

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB.recsys = {
    init: () => {},
    get: async () => () => [modelsBeforeCells],
  };
}
