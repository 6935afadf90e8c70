// The address is still the one that was asked for: reloading it is trying again.
const again = () => location.reload();
document.getElementById("retry").addEventListener("click", again);
window.addEventListener("online", again);
document.addEventListener("visibilitychange", () => { if (!document.hidden && navigator.onLine) probe(); });

// The network may be there while Spoq is not: ask before reloading, so that nothing flickers.
const probe = async () => {
  try {
    const answer = await fetch("/health", { cache: "no-store" });
    if (answer.ok) again();
  } catch { /* still away */ }
};
setInterval(probe, 4000);

try {
  const last = JSON.parse(localStorage.getItem("spoq-last-status"));
  if (last?.address) {
    document.getElementById("address").textContent = last.address;
    document.getElementById("state").textContent = last.state;
    const at = document.getElementById("at");
    at.dateTime = last.at;
    at.textContent = new Date(last.at).toLocaleString();
    document.getElementById("last").hidden = false;
  }
} catch { /* nothing remembered */ }
