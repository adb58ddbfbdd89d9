// What the dashboard's page needs inside Voilà's front end: plugins for it.

{
  // Voilà draws the cells once all plugins are active, and ipywidgets looks for a widget for 2 s.
  // If its model comes in the last tenth of the second second, it is reported as not found, for
  // good. So the cells wait here until all models are there.
  const modelsBeforeCells = {
    id: "recsys:models-before-cells",
    autoStart: true,
    activate: async (app) => {
      await modelsAreThere(await widgetManager(app));
    },
  };

  // A kernel that has died is started anew, but without the page's widgets; one that nobody was
  // connected to for a while, as while a computer slept, is ended. A connection that was cut is made
  // again, and then all is as before.
  const tellWhatIsLost = {
    id: "recsys:tell-what-is-lost",
    autoStart: true,
    activate: (app) => {
      widgetManager(app).then(({ kernel }) => watchOver(kernel));
    },
  };

  function watchOver(kernel) {
    const address = `${kernel.serverSettings.baseUrl}api/kernels/${kernel.id}`;
    // A JupyterHub lets in only who knows the cookie; no answer is as good as 500.
    const headers = { "X-XSRFToken": xsrfToken() };
    const ask = () => fetch(address, { headers }).catch(() => ({ status: 599 }));
    let [gone, connecting] = [false, false];

    function end() {
      gone = true;
      tellLost("The part of this page that runs on the server has ended.", true);
    }

    // Voilà waits longer from try to try, and gives up after seven.
    async function connect() {
      connecting = true;
      while (!gone && kernel.connectionStatus !== "connected") {
        const answer = await ask();
        if (answer.ok) await kernel.reconnect().catch(() => {});
        else if (answer.status < 500) end();
        else await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      connecting = false;
    }

    async function look() {
      if (/restarting|dead/.test(kernel.status)) end();
      if (gone || connecting || kernel.connectionStatus === "connected") return;
      tellLost("The connection to the server is lost; trying again…");
      await connect();
      const answer = await kernel.requestCommInfo({ target_name: "jupyter.widget" });
      if (Object.keys(answer.content.comms ?? {}).length === 0) end();
      else if (!gone && !connecting) tellLost("");
    }

    kernel.statusChanged.connect(look);
    kernel.connectionStatusChanged.connect(look);
    // Whoever comes back to a page that slept is told before the first click goes nowhere.
    document.addEventListener("visibilitychange", async () => {
      if (!gone && !document.hidden && (await ask()).status === 404) end();
    });
  }

  offerPlugins("recsys", [modelsBeforeCells, tellWhatIsLost]);
}
