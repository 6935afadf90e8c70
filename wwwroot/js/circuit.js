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

// What is typed and not saved yet outlives a reload of this tab, asked for or not. Fields say with data-keep that they want it.
(() => {
  const place = `typed ${location.pathname}`;
  const boxes = () => [...document.querySelectorAll("[data-keep]")];
  const waiting = JSON.parse(sessionStorage.getItem(place) ?? "{}");

  // A private key that was pasted by mistake is kept nowhere.
  const keep = () => {
    const typed = boxes().filter(box => box.value && !box.value.includes("PRIVATE KEY")).map(box => [box.dataset.keep, box.value]);
    sessionStorage.setItem(place, JSON.stringify({ ...waiting, ...Object.fromEntries(typed) }));
  };

  // A field comes with its page or a little later; before the circuit is there, nobody would hear of it.
  const restore = () => {
    if (Object.keys(waiting).length === 0) return observer.disconnect();
    if (!document.getElementById("live")) return;
    for (const box of boxes().filter(box => box.dataset.keep in waiting && !box.disabled)) {
      const typed = waiting[box.dataset.keep];
      delete waiting[box.dataset.keep];
      if (box.value === typed) continue;
      box.value = typed;
      box.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  const observer = new MutationObserver(restore);
  observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
  window.addEventListener("pagehide", keep);
  document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });
})();
