// What only the desk does: the lease runs on, nothing that is typed is lost, and the tab says when something waits.
"use strict";
(() => {
  const work = document.getElementById("work");
  const all = (selector) => [...document.querySelectorAll(selector)];
  const post = (url, body, more = {}) => fetch(url, { method: "POST", body, headers: { Accept: "application/json" }, ...more });

  // ---- the lease, also of a tab in the background

  const keepLease = () => {
    const lost = document.querySelector("[data-heartbeat-lost]");
    const timer = setInterval(async () => {
      const body = new FormData();
      for (const name of ["csrf_token", "lease_token"]) body.set(name, work.elements[name].value);
      try {
        if ((await post(work.dataset.heartbeat, body)).status !== 409) return;
      } catch { return; }
      clearInterval(timer);
      lost.hidden = false;
    }, 60000);
  };

  // ---- drafts: to the server while people type; until it has said yes, a copy stays in this browser

  const keepDrafts = () => {
    const fields = () => [...work.elements].filter((field) => field.matches("textarea") && !field.readOnly);
    const words = () => Object.fromEntries(fields().map((field) => [field.name, field.value]));
    const state = document.querySelector("[data-draft-state]");
    const place = `draft:${work.dataset.draftKey}`;
    const token = work.elements.form_token.value;
    const weekAgo = Date.now() - 7 * 864e5;
    let saved = JSON.stringify(words());
    let timer = null;
    let leaving = false;

    const copies = () => Object.keys(localStorage).filter((key) => key.startsWith("draft:"));
    const copyOf = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
    const tell = (how) => { if (state) state.textContent = how ? state.dataset[how] : ""; };

    const save = async (more) => {
      clearTimeout(timer);
      const now = JSON.stringify(words());
      if (now === saved || leaving) return;
      const body = new FormData();
      for (const name of ["csrf_token", "form_token"]) body.set(name, work.elements[name].value);
      fields().forEach((field) => body.set(field.name, field.value));
      try {
        if (!(await post(work.dataset.draft, body, more)).ok) throw new Error("not kept");
        saved = now;
        if (JSON.stringify(words()) === now) { localStorage.removeItem(place); tell("kept"); }
      } catch {
        tell("unkept");
        timer = setTimeout(save, 5000);
      }
    };

    const typed = () => {
      try { localStorage.setItem(place, JSON.stringify({ words: words(), token, at: Date.now() })); } catch { /* full, or not allowed */ }
      clearTimeout(timer);
      timer = setTimeout(save, 700);
    };

    // What was typed where the server could not be reached; not what the server has been sent since.
    const left = copyOf(place);
    if (left && left.token !== work.dataset.closed) {
      fields().forEach((field) => { if (left.words[field.name]) field.value = left.words[field.name]; });
      if (JSON.stringify(words()) === saved) localStorage.removeItem(place); // came through on the way out
      save();
    } else localStorage.removeItem(place);
    copies().forEach((key) => { if (((copyOf(key) || {}).at || 0) < weekAgo) localStorage.removeItem(key); });

    document.addEventListener("input", (event) => { if (event.target.form === work) typed(); });
    document.addEventListener("submit", (event) => {
      if (event.target === work) { leaving = true; clearTimeout(timer); setTimeout(() => { leaving = false; }, 15000); }
      // Who signs out leaves the machine to others; the server has the drafts.
      if (event.target.getAttribute("action") === "/signout") copies().forEach((key) => localStorage.removeItem(key));
    });
    document.addEventListener("visibilitychange", () => { if (document.hidden) save({ keepalive: true }); });
    window.addEventListener("pagehide", () => save({ keepalive: true }));
    window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  };

  // ---- where one lands

  const land = () => {
    const wanted = location.hash ? document.getElementById(location.hash.slice(1)) : null;
    if (wanted && wanted.matches("textarea")) wanted.focus();
    const newest = document.getElementById("newest");
    const middle = document.querySelector(".desk-case");
    if (newest && newest.previousElementSibling && !document.querySelector("[data-autofocus]")) {
      // On a wide screen the middle scrolls by itself, whatever else has the focus; on a phone there is one page.
      if (getComputedStyle(middle).overflowY === "auto") middle.scrollTop += newest.getBoundingClientRect().top - middle.getBoundingClientRect().top - 12;
      else if (!wanted || wanted === newest) newest.scrollIntoView({ block: "start", behavior: "instant" });
    }
    if (location.search.includes("done=")) history.replaceState(null, "", location.pathname + location.hash);
  };

  // ---- what waits: in the tab's title, and in the middle while no ticket is open

  const watchQueue = () => {
    const lists = document.getElementById("lists");
    const title = document.title;
    const look = () => {
      const told = lists.querySelector("[data-for-me]");
      const waits = told ? Number(told.dataset.forMe) : 0;
      const own = Boolean(told && told.dataset.own);
      document.title = waits ? `(${waits}) ${title}` : title;
      all("[data-when]").forEach((part) => { part.hidden = part.dataset.when !== (waits ? "waits" : own ? "own" : "nothing"); });
    };
    look();
    new MutationObserver(look).observe(lists, { childList: true });
  };

  if (document.getElementById("lists")) watchQueue();
  if (work) keepDrafts();
  if (work && work.dataset.heartbeat) keepLease();
  land();
})();
