// Tables whose rows open: click anywhere on a row, j and k walk, Enter opens.
import { isPlain } from "./keys.js";

const ROW = "tr[data-href]";
const OWN_MEANING = "a, button, input, select, textarea, label, summary";

function open(row, inNewTab) {
  const url = new URL(row.dataset.href, location.href);
  if (url.origin !== location.origin) return;
  if (inNewTab) window.open(url, "_blank", "noopener");
  else location.assign(url);
}

function clicked(event) {
  const row = event.target.closest(ROW);
  if (!row || event.target.closest(OWN_MEANING) || getSelection().toString()) return;
  open(row, event.button === 1 || event.ctrlKey || event.metaKey);
}

document.addEventListener("click", clicked);
document.addEventListener("auxclick", (event) => event.button === 1 && clicked(event));

// The row's first link is what takes the focus, so that Enter means what it always means.
function focusRow(row) {
  const link = row.querySelector("a[href]") ?? row;
  if (link === row) row.tabIndex = -1;
  link.focus();
  row.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (!isPlain(event)) return;
  const here = event.target.closest(ROW);
  if (event.key === "Enter" && here === event.target) return open(here, false);
  if (event.key !== "j" && event.key !== "k") return;
  const rows = [...document.querySelectorAll(ROW)];
  const next = here ? rows[rows.indexOf(here) + (event.key === "j" ? 1 : -1)] : rows[0];
  if (next) focusRow(next);
});

// A table that is drawn anew keeps the reader's place.
let kept = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const row = document.activeElement?.closest(ROW);
  kept = row && event.detail.target.contains(row) ? row.dataset.href : null;
});
document.addEventListener("htmx:afterSettle", () => {
  const row = kept && document.querySelector(`${ROW}[data-href="${CSS.escape(kept)}"]`);
  kept = null;
  if (row && document.activeElement === document.body) focusRow(row);
});
