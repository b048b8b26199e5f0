// What moves on a page: times tick, fragments refresh, keys press buttons. Everything here only adds:
// without this file each page works by links, forms and reload. The data- attributes are listed in ui.html.
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  // The server's clock counts, not the visitor's: a laptop that is ten minutes off must not move a promise.
  const offset = root.dataset.now ? Date.parse(root.dataset.now) - Date.now() : 0;
  const now = () => Date.now() + offset;

  const say = (text) => {
    const spoken = document.getElementById("spoken");
    if (spoken) spoken.textContent = text;
  };

  // ---- times: the words of formats.py, which stand before this script as WORDS (live_words.py)

  const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  const forms = new Intl.PluralRules(root.lang);

  const span = (ms) => {
    const whole = Math.floor(Math.abs(ms) / 60000);
    const [days, hours, minutes] = [Math.floor(whole / 1440), Math.floor(whole / 60) % 24, whole % 60];
    if (days) {
      const words = fill(WORDS.days[forms.select(days)], { num: days });
      return days >= 14 || !hours ? words : fill(WORDS.daysHours, { days: words, hours });
    }
    if (hours) return fill(minutes ? WORDS.hoursMinutes : WORDS.hours, { hours, minutes });
    return fill(WORDS.minutes, { minutes });
  };

  const relative = (moment) => {
    const distance = moment - now();
    if (Math.abs(distance) < 60000) return distance > 0 ? WORDS.soon : WORDS.justNow;
    return fill(distance > 0 ? WORDS.in : WORDS.ago, { span: span(distance) });
  };

  const write = (element, text) => {
    if (element && element.textContent !== text) element.textContent = text;
  };

  const tick = () => {
    all("time[data-relative]").forEach((time) => write(time, relative(Date.parse(time.dateTime))));
    all("[data-due]").forEach((due) => {
      const start = Date.parse(due.dataset.start);
      const share = (now() - start) / Math.max(Date.parse(due.dataset.end) - start, 1000);
      const state = share >= 1 ? "late" : share >= 0.75 ? "near" : "calm";
      const bar = due.querySelector("progress");
      if (bar) bar.value = Math.round(Math.min(Math.max(share, 0), 1) * 100);
      if (due.classList.contains(`due-${state}`)) return;
      due.classList.remove("due-calm", "due-near", "due-late");
      due.classList.add(`due-${state}`);
      write(due.querySelector("[data-due-word]"), WORDS.due[state]);
      say(due.querySelector(".due-line").textContent.replace(/\s+/g, " "));
    });
  };

  // ---- the reader's zone: into a cookie and into forms; a first page, made before it was known, is corrected here

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  const zoneWord = (moment) => {
    for (const language of [...root.lang === "en" ? [] : [root.lang], "en-GB", "en-US", "en-AU", "en-IN", "en-NZ", "en-ZA"]) {
      const parts = new Intl.DateTimeFormat(language, { timeZone: zone, timeZoneName: "short" }).formatToParts(moment);
      const name = parts.find((part) => part.type === "timeZoneName").value;
      if (!/^(GMT|UTC)[+\-−]/.test(name)) return name;
    }
    const far = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(moment);
    return far.find((part) => part.type === "timeZoneName").value.replace("GMT", "UTC").replace("−", "-");
  };
  const inZone = (moment, options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }).format(moment);
  const dayOf = (moment) => new Date(`${new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(moment)}T00:00Z`);

  const correctZone = (time) => {
    const moment = new Date(time.dateTime);
    const day = dayOf(moment);
    const distance = Math.round((day - dayOf(new Date(now()))) / 864e5);
    const clock = inZone(moment, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const weekday = WORDS.weekdays[day.getUTCDay()];
    const date = Math.abs(distance) < 7 ? weekday
      : fill(WORDS.date, { weekday, day: day.getUTCDate(), month: WORDS.months[day.getUTCMonth()] });
    const said = { 0: WORDS.today, 1: WORDS.tomorrow, "-1": WORDS.yesterday }[distance] || WORDS.onADay;
    const form = time.dataset.form === "day_time" ? said : WORDS.moment;
    time.textContent = fill(form, { time: clock, day: date, zone: zoneWord(moment) });
    time.dataset.zone = zone;
  };

  document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;

  // ---- what a new piece of page needs

  const enhance = (within) => {
    all("input[name=zone]", within).forEach((input) => { input.value = zone; });
    all("time[data-zone]", within).forEach((time) => { if (time.dataset.zone !== zone) correctZone(time); });
    all("[data-copy]", within).forEach((button) => { button.hidden = false; });
    all("[data-keys-help]").forEach((button) => { button.hidden = !document.querySelector("[data-key]"); });
    all("[data-submit-for]", within).forEach(nameButton);
    tick();
  };

  // ---- fragments that refresh themselves

  const untouched = (field) => (field.type === "checkbox" || field.type === "radio"
    ? field.checked === field.defaultChecked : field.value === field.defaultValue);
  const somethingTyped = () => all("textarea, input:not([type=hidden])").some((field) => !untouched(field));
  const inUse = (element) => {
    const selection = document.getSelection();
    return element.contains(document.activeElement)
      || (selection && !selection.isCollapsed && element.contains(selection.anchorNode))
      || all("textarea, input:not([type=hidden])", element).some((field) => !untouched(field));
  };

  const waiting = new Map(); // element -> HTML that came while the element was in use

  const replace = (element, html) => {
    if (inUse(element)) { waiting.set(element, html); return; }
    waiting.delete(element);
    const open = all("details[open][id]", element).map((details) => details.id);
    const before = all("[data-announce]", element).map((part) => part.textContent.trim());
    element.innerHTML = html;
    open.forEach((id) => { const details = document.getElementById(id); if (details) details.open = true; });
    enhance(element);
    const news = all("[data-announce]", element).map((part) => part.textContent.trim()).filter((text) => !before.includes(text));
    if (news.length) say(news.join(". "));
  };

  let failures = 0;
  let heardAt = new Date();
  const connection = (fine) => {
    failures = fine ? 0 : failures + 1;
    if (fine) heardAt = new Date();
    let line = document.getElementById("connection");
    if (failures < 2) { if (line) line.remove(); return; }
    if (line) return;
    line = document.createElement("p");
    line.id = "connection";
    line.className = "connection";
    line.setAttribute("role", "status");
    line.textContent = fill(WORDS.connection, { time: heardAt.toTimeString().slice(0, 5) });
    document.body.append(line);
  };

  const keepLive = (element) => {
    const pause = Math.max(Number(element.dataset.liveSeconds) || 15, 2) * 1000;
    let etag = null;
    let timer = null;
    let running = false;
    const refresh = async () => {
      clearTimeout(timer);
      if (!element.isConnected || running) return;
      if (document.hidden) return; // visibilitychange wakes it
      running = true;
      let stop = false;
      try {
        const headers = { Accept: "text/html", "X-Live": "1" };
        if (etag) headers["If-None-Match"] = etag;
        const answer = await fetch(element.dataset.liveUrl, { headers, credentials: "same-origin", redirect: "manual" });
        const html = (answer.headers.get("Content-Type") || "").startsWith("text/html");
        stop = answer.type === "opaqueredirect" || (answer.status >= 400 && answer.status < 500) || answer.headers.get("X-Live-Stop") === "1";
        if (answer.ok && html) {
          etag = answer.headers.get("ETag");
          replace(element, await answer.text());
        }
        connection(answer.status < 500);
      } catch {
        connection(false);
      }
      running = false;
      if (!stop) timer = setTimeout(refresh, pause * Math.min(1 + failures, 6));
    };
    timer = setTimeout(refresh, pause);
    document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  };

  document.addEventListener("focusout", () => setTimeout(() => {
    waiting.forEach((html, element) => replace(element, html));
  }));

  // ---- keys

  const typing = (target) => target.closest("textarea, select, [contenteditable], input:not([type=radio]):not([type=checkbox]):not([type=submit])");
  const visible = (element) => element.getClientRects().length > 0 && !element.disabled;

  const stopsOf = (rows) => all("tbody tr, li", rows).map((row) => row.querySelector("a[href], button, input")).filter(Boolean);

  const press = (element) => {
    if (element.matches("[data-rows]")) { const [first] = stopsOf(element); if (first) first.focus(); return; }
    if (element.matches("input, textarea, select")) { element.focus(); element.scrollIntoView({ block: "nearest" }); } else element.click();
  };

  const showKeys = () => {
    const old = document.getElementById("keys");
    if (old) { old.close(); return; }
    const dialog = document.createElement("dialog");
    dialog.id = "keys";
    dialog.className = "keys";
    dialog.setAttribute("aria-label", WORDS.keysTitle);
    const rows = new Map(all("[data-key]").filter(visible).map((element) => [element.dataset.key, element.dataset.keyLabel || element.textContent.trim()]));
    if (document.querySelector("[data-rows]")) rows.set("↑ ↓", WORDS.keysRows);
    if (document.querySelector("[data-ctrl-enter]")) rows.set("Ctrl Enter", WORDS.keysSend);
    rows.set("Esc", WORDS.keysLeave);
    const list = document.createElement("dl");
    rows.forEach((label, key) => {
      const term = document.createElement("dt");
      const words = document.createElement("dd");
      key.split(" ").forEach((one) => { const cap = document.createElement("kbd"); cap.textContent = one; term.append(cap); });
      words.textContent = label;
      list.append(term, words);
    });
    const title = document.createElement("h2");
    title.textContent = WORDS.keysTitle;
    const close = document.createElement("button");
    close.className = "btn btn-quiet btn-sm";
    close.textContent = WORDS.close;
    close.addEventListener("click", () => dialog.close());
    dialog.append(title, list, close);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    document.body.append(dialog);
    dialog.showModal(); // gives the focus back when it closes
  };

  const walk = (event) => {
    const down = event.key === "ArrowDown";
    const rows = event.target.closest("[data-rows]") || event.target.querySelector(":scope > [data-rows]");
    if (!rows || (!down && event.key !== "ArrowUp")) return false;
    const stops = stopsOf(rows);
    const here = stops.findIndex((stop) => stop.closest("tr, li").contains(event.target));
    const next = stops[here < 0 ? (down ? 0 : stops.length - 1) : here + (down ? 1 : -1)];
    if (next) next.focus();
    return Boolean(next);
  };

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.defaultPrevented || event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = target.closest("form");
      const marked = target.closest("[data-ctrl-enter]") || (form && form.matches("[data-ctrl-enter]"));
      if (form && marked) { event.preventDefault(); form.requestSubmit(form.querySelector("button[type=submit]:not([data-key-only])")); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(target)) { if (event.key === "Escape") target.blur(); return; }
    if (document.querySelector("dialog[open]")) { if (event.key === "?") showKeys(); return; }
    if (walk(event)) { event.preventDefault(); return; }
    if (event.key === "?") { showKeys(); return; }
    const wanted = all("[data-key]").find((element) => element.dataset.key === event.key && visible(element));
    if (wanted) { event.preventDefault(); press(wanted); }
  });

  // ---- clicks and forms

  const copy = async (button) => {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch { // no clipboard on plain http
      const field = document.createElement("textarea");
      field.value = button.dataset.copy;
      document.body.append(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      button.focus();
    }
    button.classList.add("is-copied");
    say(WORDS.copied);
    setTimeout(() => button.classList.remove("is-copied"), 1600);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy], [data-keys-help], [data-confirm], [data-language], [data-back]");
    if (!button) return;
    if (button.matches("[data-copy]")) copy(button);
    else if (button.matches("[data-keys-help]")) showKeys();
    else if (button.matches("[data-back]")) { if (history.length > 1) { event.preventDefault(); history.back(); } }
    else if (button.matches("[data-language]")) { if (somethingTyped() && !window.confirm(WORDS.typedIsLost)) event.preventDefault(); }
    else if (!button.matches("form") && !window.confirm(button.dataset.confirm)) event.preventDefault();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent || (form.dataset.confirm && !window.confirm(form.dataset.confirm))) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => all("button[type=submit], button:not([type])", form).forEach((button) => {
      button.disabled = true;
      button.setAttribute("aria-busy", "true");
    }));
    setTimeout(() => allowAgain(form), 15000); // the answer never came: the server recognizes a repeat
  });

  const allowAgain = (form) => {
    delete form.dataset.sent;
    all("button[aria-busy]", form).forEach((button) => { button.disabled = false; button.removeAttribute("aria-busy"); });
  };
  window.addEventListener("pageshow", (event) => { if (event.persisted) all("form[data-sent]").forEach(allowAgain); });

  function nameButton(button) {
    const form = button.form;
    const chosen = form && form.querySelector(`input[name="${button.dataset.submitFor}"]:checked`);
    if (chosen && chosen.dataset.submit) write(button.querySelector(".btn-label") || button, chosen.dataset.submit);
  }
  document.addEventListener("change", (event) => {
    all("[data-submit-for]").filter((button) => button.dataset.submitFor === event.target.name).forEach(nameButton);
  });

  // ---- start

  enhance(document);
  setInterval(() => { if (!document.hidden) tick(); }, 5000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
  all("[data-live-url]").forEach(keepLive);
  all("[data-scroll-end]").forEach((element) => { element.scrollTop = element.scrollHeight; });
  if (!location.hash) { const first = document.querySelector("[data-autofocus]"); if (first) first.focus(); }
})();
