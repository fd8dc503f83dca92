// Keys of the playground that work while somebody types: by the key's place, so that every layout and input method has
// them. Everybody chooses their own on the account page; one switch there turns them off, with the single letters of
// keys.js.
import { areOn, news } from "./keys.js";

const last = (selector) => [...document.querySelectorAll(`#transcript ${selector}`)].at(-1);
const box = () => document.getElementById("message");

function copyLastCode() {
  last(".code-block__copy")?.click();
}

function toReceipt() {
  const link = last(".receipt")?.querySelector("a");
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
}

// By the names of console/accounts/keyboard.py.
const ACTS = {
  new: () => location.assign(box().form.dataset.new),
  find: () => toSearch(),
  message: () => box().focus(),
  deployment: () => document.getElementById("deployment").focus(),
  again: () => last("[id^=again-] button")?.click(),
  copy_answer: () => last("[data-copy-markdown]")?.click(),
  copy_code: copyLastCode,
  receipt: toReceipt,
  compare: () => location.assign(box().form.dataset.compare),
};

function toSearch() {
  const list = document.getElementById("conversations");
  const field = list.querySelector("input[type=search]");
  if (!field.checkVisibility()) list.showPopover(); // on a phone it is a sheet
  field.focus();
  field.select();
}

// Modifiers as "ctrl" (or Command) and "shift", then the key's code: how the page has the combinations.
function named(event) {
  const held = [event.ctrlKey || event.metaKey ? "ctrl" : "", event.shiftKey ? "shift" : "", event.code];
  return held.filter(Boolean).join(" ");
}

if (box()) {
  let acts;
  const use = (table) => {
    acts = new Map(Object.entries(JSON.parse(table)).filter(([, keys]) => keys).map(([name, keys]) => [keys, ACTS[name]]));
  };
  use(box().form.dataset.shortcuts);
  news.addEventListener("message", ({ data }) => { if (data.table) use(data.table); });
  document.addEventListener("keydown", (event) => {
    const act = event.altKey || event.isComposing || !areOn() ? null : acts.get(named(event));
    if (!act) return;
    event.preventDefault();
    event.stopPropagation(); // Shift+Escape is no Escape, and Ctrl+Shift+Enter sends nothing
    act();
  }, { capture: true });
}
