// Times: the exact local and UTC time on hover and in what is copied; ages stay fresh while the page is open.

const words = JSON.parse(document.body.dataset.ago ?? "{}");
// Swedish writes dates as 2026-11-22 19:30:12: nobody mistakes the day for the month.
const local = new Intl.DateTimeFormat("sv", {
  year: "numeric", month: "2-digit", day: "2-digit",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "short",
});

const utc = (moment) => moment.toISOString().slice(0, 19).replace("T", " ") + " UTC";

// The same steps as how_long_ago in console_tags.py.
export function age(seconds) {
  const say = (pattern, count) => pattern.replace("%(count)d", count);
  if (seconds < 45) return words.now;
  if (seconds < 90 * 60) return say(words.min, Math.max(1, Math.round(seconds / 60)));
  if (seconds < 36 * 3600) return say(words.h, Math.round(seconds / 3600));
  const days = Math.round(seconds / 86400);
  return say(days === 1 ? words.day : words.days, days);
}

function refresh() {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-time]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.valueOf())) continue;
    time.title = `${local.format(moment)} · ${utc(moment)}`;
    const shown = time.dataset.time === "exact" ? local.format(moment) : age((Date.now() - moment) / 1000);
    if (shown && time.textContent !== shown) time.textContent = shown;
    // Where the local time is UTC, it need not stand there twice.
    const again = time.nextElementSibling;
    if (again?.matches("[data-utc]") && moment.getTimezoneOffset() === 0) again.hidden = true;
  }
}

document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (!selection.rangeCount || document.activeElement?.matches("input, textarea")) return;
  const range = selection.getRangeAt(0);
  const times = [...document.querySelectorAll("time[data-time]")].filter((time) => range.intersectsNode(time));
  if (!times.length) return;
  let text = selection.toString();
  let from = 0;
  for (const time of times) {
    const at = text.indexOf(time.textContent, from);
    if (at < 0) continue;
    from = at + time.textContent.length;
    const exact = ` (${time.dateTime})`;
    text = text.slice(0, from) + exact + text.slice(from);
    from += exact.length;
  }
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
});

// What goes to support says when by the clock of whoever hands it over: the server has to know which that is.
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
if (timeZone && !document.cookie.split("; ").includes(`zone=${timeZone}`)) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `zone=${timeZone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}

refresh();
setInterval(refresh, 30_000);
document.addEventListener("visibilitychange", refresh);
document.addEventListener("htmx:afterSettle", refresh);
