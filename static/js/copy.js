// Copy buttons: data-copy holds the text, data-copy-from the id of the element that shows it, data-copy-code means the
// code block around it; data-said is the answer.
import { say } from "./say.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from], [data-copy-code]");
  if (!button) return;
  event.preventDefault();
  if (!await copy(button.dataset.copy ?? textBeside(button))) return;
  button.dataset.said ??= document.body.dataset.said;
  say(button.dataset.said);
  button.classList.add("is-said");
  setTimeout(() => button.classList.remove("is-said"), 1500);
});

function textBeside(button) {
  const shown = "copyCode" in button.dataset
    ? button.closest(".code-block")?.querySelector("pre")
    : document.getElementById(button.dataset.copyFrom);
  return shown?.value ?? shown?.textContent ?? "";
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // plain http, or a browser that keeps the clipboard to itself
  }
}

function copyBySelection(text) {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  before?.focus?.({ preventScroll: true });
  return copied;
}
