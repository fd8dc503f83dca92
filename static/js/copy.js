// Copy buttons: data-copy holds the text, data-copy-from the id of the element that shows it, data-copy-code means the
// code block around it, data-copy-answer the answer above it, with its look, data-copy-markdown what the link leads to;
// data-said is the reply.
import { say } from "./say.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from], [data-copy-code], [data-copy-answer], [data-copy-markdown]");
  if (!button) return;
  event.preventDefault();
  if (!await copied(button)) return;
  button.dataset.said ??= document.body.dataset.said;
  say(button.dataset.said);
  button.classList.add("is-said");
  setTimeout(() => button.classList.remove("is-said"), 1500);
});

function copied(button) {
  if ("copyMarkdown" in button.dataset) return copyFetched(button.href);
  if ("copyAnswer" in button.dataset) return copyWithLook(proseOf(button.closest(".said")));
  return copy(button.dataset.copy ?? textBeside(button));
}

// An answer that is JSON is shown laid out, beside its text as it came.
function proseOf(said) {
  return said?.querySelector(".structured .prose") ?? said?.querySelector(".prose");
}

// Browsers that let a page write only right after a click take the promise; the others wait for the text.
async function copyFetched(address) {
  const text = fetch(address).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)));
  try {
    const blob = text.then((words) => new Blob([words], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    return true;
  } catch {
    return text.then(copy, () => false);
  }
}

// Stored answers are in no language of ours: their buttons get their word here.
document.addEventListener("htmx:load", (event) => {
  for (const button of event.target.querySelectorAll?.("[data-copy-code]") ?? []) {
    button.textContent = document.body.dataset.copyWord ?? button.textContent;
  }
});

function textBeside(button) {
  const shown = "copyCode" in button.dataset
    ? button.closest(".code-block")?.querySelector("pre")
    : document.getElementById(button.dataset.copyFrom);
  return shown?.value ?? shown?.textContent ?? "";
}

// Mail and word processors take the HTML and keep tables and lists; everything else takes the text.
async function copyWithLook(prose) {
  if (!prose) return false;
  const bare = prose.cloneNode(true);
  for (const head of bare.querySelectorAll(".code-block__head")) head.remove();
  const text = prose.innerText.trim();
  try {
    const forms = { "text/html": bare.innerHTML, "text/plain": text };
    const blobs = Object.entries(forms).map(([type, words]) => [type, new Blob([words], { type })]);
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(blobs))]);
    return true;
  } catch {
    return copy(text);
  }
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
