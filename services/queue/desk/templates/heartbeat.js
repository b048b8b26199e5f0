// Keeps the lease of the ticket that is open on the desk, as long as the page is, also in a tab in the background.
"use strict";
(() => {
  const form = document.querySelector("[data-heartbeat]");
  if (!form) return;
  const beat = async () => {
    const body = new FormData();
    for (const name of ["csrf_token", "lease_token"]) body.set(name, form.elements[name].value);
    try {
      const answer = await fetch(form.dataset.heartbeat, { method: "POST", body, headers: { Accept: "application/json", "X-Live": "1" } });
      if (answer.status !== 409) return;
    } catch { return; }
    clearInterval(timer);
    form.querySelector("[data-heartbeat-lost]").hidden = false;
  };
  const timer = setInterval(beat, 60000);
})();
