// A tile in the launcher, and a command that lesson 00's button runs: the playground in a tab of JupyterLab.
// Written as JupyterLab loads it, so that nothing has to be built: a container with `init` and `get`.

(() => {
  const COMMAND = "playground:open";
  const ID = "kinesis-playground";
  let shared;

  /** What JupyterLab shares with its extensions. */
  async function given(name) {
    const versions = Object.values(shared[name]);
    return (await versions[0].get())();
  }

  function opener(app, Widget, base) {
    let open = null;
    return (asked) => {
      const scene = typeof asked.scene === "string" ? `?scene=${encodeURIComponent(asked.scene)}` : "";
      if (!open || open.isDisposed) {
        open = new Widget();
        open.id = ID;
        open.title.label = "Playground";
        open.title.closable = true;
        const frame = document.createElement("iframe");
        frame.title = "Kinesis playground";
        Object.assign(frame.style, { width: "100%", height: "100%", border: "0" });
        open.node.append(frame);
        app.shell.add(open, "main");
      }
      const frame = open.node.querySelector("iframe");
      if (scene || !frame.src) frame.src = `${base}kinesis/${scene}`;
      app.shell.activateById(ID);
    };
  }

  async function made() {
    const { ILauncher } = await given("@jupyterlab/launcher");
    const { Widget } = await given("@lumino/widgets");
    const { PageConfig } = await given("@jupyterlab/coreutils");
    return {
      id: `${ID}:tile`,
      autoStart: true,
      requires: [],
      optional: [ILauncher],
      activate: (app, launcher) => {
        app.commands.addCommand(COMMAND, {
          label: "Kinesis playground",
          caption: "Watch records go through a real stream",
          execute: opener(app, Widget, PageConfig.getBaseUrl()),
        });
        launcher?.add({ command: COMMAND, category: "Other", rank: 1 });
      },
    };
  }

  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB[ID] = {
    init: (scope) => { shared = scope; },
    get: async () => {
      const plugin = await made();
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
