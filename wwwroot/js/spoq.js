// The little script every page has: copy buttons, native dialogs, the offline shell.
(() => {
  const say = text => {
    const host = document.querySelector(".toasts");
    if (!host) return;
    const toast = document.createElement("div");
    toast.className = "toast good";
    toast.textContent = text;
    host.append(toast);
    setTimeout(() => toast.remove(), 2500);
  };

  document.addEventListener("click", async event => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.classList.add("copied");
      setTimeout(() => button.classList.remove("copied"), 1600);
      say("Copied");
    } catch {
      const range = document.createRange();
      range.selectNodeContents(button.previousElementSibling ?? button);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      say("Selected: press Ctrl+C to copy");
    }
  });

  document.addEventListener("keydown", event => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches("[data-enter-sends]")) return;
    event.preventDefault();
    const button = event.target.form.querySelector("[type=submit]");
    if (!button.disabled) event.target.form.requestSubmit(button);
  });

  window.spoq = {
    showModal: dialog => { if (!dialog.open) dialog.showModal(); },
    close: dialog => dialog.close(),
    // What the offline page tells: the last thing this browser saw.
    remember: status => { try { localStorage.setItem("spoq-last-status", JSON.stringify({ ...status, at: new Date().toISOString() })); } catch { /* private window */ } },
  };

  if ("serviceWorker" in navigator && window.isSecureContext) {
    window.addEventListener("load", () => navigator.serviceWorker.register("/service-worker.js").catch(() => {}));
  }
})();
