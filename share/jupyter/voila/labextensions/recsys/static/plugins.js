// Plugins that the dashboard's page adds to Voilà's front end.

{
  // Voilà draws the cells when all plugins are active, and ipywidgets waits 2 s for a widget's model.
  // If the model arrives in the last 0.1 s, the widget is reported as missing, and stays so. This
  // plugin is active only when all models are there, so that the cells wait for them.
  const modelsBeforeCells = {
    id: "recsys:models-before-cells",
    autoStart: true,
    activate: async (app) => {
      await modelsAreThere(await widgetManager(app));
    },
  };

  // Say when the kernel or the connection is lost. A kernel that has died is restarted without the
  // page's widgets. A kernel without a connection for a while, as when a computer sleeps, is ended.
  // After a lost connection the page reconnects and works as before.
  const tellWhatIsLost = {
    id: "recsys:tell-what-is-lost",
    autoStart: true,
    activate: (app) => {
      widgetManager(app).then(({ kernel }) => watchOver(kernel));
    },
  };

  function watchOver(kernel) {
    const address = `${kernel.serverSettings.baseUrl}api/kernels/${kernel.id}`;
    // A JupyterHub accepts only requests that repeat the cookie. No answer counts as status 599.
    const headers = { "X-XSRFToken": xsrfToken() };
    const ask = () => fetch(address, { headers }).catch(() => ({ status: 599 }));
    let [gone, connecting] = [false, false];

    function end() {
      gone = true;
      tellLost("The part of this page that runs on the server has ended.", true);
    }

    // Voilà's own reconnection waits longer after each attempt, and gives up after seven.
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
    // After a computer has slept the kernel may be gone: say so before the visitor clicks.
    document.addEventListener("visibilitychange", async () => {
      if (!gone && !document.hidden && (await ask()).status === 404) end();
    });
  }

  offerPlugins("recsys", [modelsBeforeCells, tellWhatIsLost]);
}
