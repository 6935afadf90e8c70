// Keeps a circuit alive, or reloads to the same address when it is gone: state lives in the database.
(() => {
  const dialog = document.getElementById("components-reconnect-modal");
  const part = name => dialog.querySelector(`[data-reconnect="${name}"]`);
  const reload = () => location.reload();
  let lost = false;
  let trying = false;

  const reconnect = async () => {
    if (!lost || trying || document.hidden) return;
    trying = true;
    try {
      // False: the server is there and does not know this circuit any more.
      if (await Blazor.reconnect() === false) reload();
    } catch {
      // Unreachable: the script keeps trying, and so does the next wake-up.
    } finally {
      trying = false;
    }
  };

  const show = failed => {
    part("trying").hidden = failed;
    part("failed").hidden = !failed;
    part("retry").hidden = !failed;
    if (!dialog.open) dialog.showModal();
  };

  new MutationObserver(() => {
    const state = name => dialog.classList.contains(`components-reconnect-${name}`);
    lost = state("show") || state("failed") || state("rejected");
    if (state("rejected")) reload();
    else if (state("failed")) show(true);
    else if (state("show")) show(false);
    else if (dialog.open) dialog.close();
  }).observe(dialog, { attributes: true, attributeFilter: ["class"] });

  part("retry").addEventListener("click", reconnect);
  dialog.addEventListener("cancel", event => event.preventDefault());
  document.addEventListener("visibilitychange", reconnect);
  window.addEventListener("online", reconnect);

  Blazor.start({ circuit: { reconnectionOptions: { maxRetries: 40, retryIntervalMilliseconds: attempt => attempt < 10 ? 500 : 3000 } } });
})();
