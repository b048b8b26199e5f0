// Times in the reader's zone, and new mail without a reload. The page works without this.
const localTimes = (root) => {
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    const today = at.toDateString() === new Date().toDateString();
    time.title = time.dateTime;
    time.textContent = at.toLocaleString([], today ? { timeStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" });
  }
};
localTimes(document);

const list = () => document.querySelector(".mails, .empty");
const isList = location.pathname === "/";
let last = null;

const refresh = async () => {
  if (document.hidden) return;
  try {
    const page = await (await fetch("/")).text();
    if (page !== last && last !== null) {
      const fresh = new DOMParser().parseFromString(page, "text/html");
      const focused = document.activeElement?.getAttribute("href");
      localTimes(fresh);
      document.title = fresh.title;
      document.querySelector("main").replaceChildren(...fresh.querySelector("main").childNodes);
      if (focused) document.querySelector(`main a[href="${CSS.escape(focused)}"]`)?.focus();
    }
    last = page;
  } catch { /* the catcher is stopped: the next round tries again */ }
};
if (isList && list()) {
  refresh();
  setInterval(refresh, 2000);
}
