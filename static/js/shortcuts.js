// Keys of the playground that work while somebody types: by the key's place, so that every layout and input method has
// them. One switch on the account page turns them off, with the single letters of keys.js.
import { areOn } from "./keys.js";

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

// Modifiers as "ctrl" (or Command) and "shift", then the key's code.
const KEYS = {
  "ctrl shift KeyO": () => location.assign(box().form.dataset.new),
  "ctrl KeyK": () => toSearch(),
  "shift Escape": () => box().focus(),
  "ctrl shift Enter": () => last("[id^=again-] button")?.click(),
  "ctrl shift KeyC": () => last("[data-copy-markdown]")?.click(),
  "ctrl shift Semicolon": copyLastCode,
  "ctrl shift KeyM": () => document.getElementById("deployment").focus(),
  "ctrl KeyI": toReceipt,
};

function toSearch() {
  const list = document.getElementById("conversations");
  const field = list.querySelector("input[type=search]");
  if (!field.checkVisibility()) list.showPopover(); // on a phone it is a sheet
  field.focus();
  field.select();
}

function named(event) {
  const held = [event.ctrlKey || event.metaKey ? "ctrl" : "", event.shiftKey ? "shift" : "", event.code];
  return held.filter(Boolean).join(" ");
}

if (box()) {
  document.addEventListener("keydown", (event) => {
    const act = event.altKey || event.isComposing || !areOn() ? null : KEYS[named(event)];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation(); // Shift+Escape is no Escape, and Ctrl+Shift+Enter sends nothing
    act();
  }, { capture: true });
}
