// Quote what is selected in an answer: a button beside the selection, or "q", puts it into the composer as a quotation.
import { isPlain } from "./keys.js";

const button = document.getElementById("quote");
const box = document.getElementById("message");
const transcript = document.getElementById("transcript");

const selected = () => {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const holder = range.commonAncestorContainer;
  const element = holder.nodeType === Node.ELEMENT_NODE ? holder : holder.parentElement;
  return element.closest(".said, .transcript") && transcript.contains(element) && selection.toString().trim() ? range : null;
};

const place = () => {
  const range = selected();
  button.hidden = !range;
  if (!range) return;
  const rows = range.getClientRects();
  const last = rows[rows.length - 1] ?? range.getBoundingClientRect();
  const above = transcript.getBoundingClientRect();
  const top = Math.min(Math.max(last.bottom + 6, above.top), above.bottom - button.offsetHeight - 6);
  const left = Math.min(Math.max(last.right - button.offsetWidth / 2, 8), innerWidth - button.offsetWidth - 8);
  button.style.insetBlockStart = `${Math.round(top)}px`;
  button.style.insetInlineStart = `${Math.round(left)}px`;
};

const quote = () => {
  if (!selected()) return;
  const lines = getSelection().toString().trim().split(/\r?\n/).map((line) => `> ${line}`.trimEnd()).join("\n");
  const before = box.value.trimEnd();
  box.value = `${before}${before ? "\n\n" : ""}${lines}\n\n`;
  getSelection().removeAllRanges();
  button.hidden = true;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
  box.scrollTop = box.scrollHeight;
};

if (button && box && transcript) {
  let due = 0;
  const later = () => { clearTimeout(due); due = setTimeout(place, 120); };
  document.addEventListener("selectionchange", later);
  transcript.addEventListener("scroll", later, { passive: true });
  // Pressing the button must not lose what it is about.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", quote);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "q" || !isPlain(event) || !selected()) return;
    event.preventDefault();
    quote();
  });
}
