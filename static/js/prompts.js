// Saved prompts in the message box: "/" in an empty one offers them, arrows walk, Enter picks, Escape closes.
// Whoever just goes on writing is not held up: a space or a word that fits nothing closes the list.
// The box stays a textbox, as HTML allows a textarea no other role; aria-controls and aria-activedescendant tie the list to it.
import { isEnter } from "./composer.js";
import { say } from "./say.js";

const TYPED = /^\/\S{0,60}$/;
const box = document.getElementById("message");
const list = document.getElementById("picking");

// ---- The list ----

let closed = false; // by Escape or a pick, until the box is empty again
let waiting = 0;
let pickWhenComposed = false;
let taking = false; // a prompt is on its way: an Enter that some input methods send twice must not send "/…"

const options = () => [...list.querySelectorAll("[role=option]")];
const active = () => list.querySelector("[aria-selected=true]");
const isTyped = () => !closed && TYPED.test(box.value);

function close() {
  clearTimeout(waiting);
  list.hidden = true;
  list.replaceChildren();
  box.removeAttribute("aria-controls");
  box.removeAttribute("aria-activedescendant");
}

function activate(option) {
  active()?.setAttribute("aria-selected", "false");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  box.setAttribute("aria-activedescendant", option.id);
}

function walk(step) {
  const all = options();
  activate(all[(all.indexOf(active()) + step + all.length) % all.length]);
}

function look() {
  const typed = document.getElementById("picking-typed");
  typed.disabled = false;
  typed.value = box.value.slice(1);
  htmx.trigger(list, "look");
}

function typed() {
  if (!isTyped()) return close();
  clearTimeout(waiting);
  waiting = setTimeout(look, list.hidden ? 0 : 120);
}

function offer() {
  const found = options();
  if (!isTyped() || !found.length) return close();
  const wasOpen = !list.hidden;
  list.hidden = false;
  box.setAttribute("aria-controls", list.id);
  activate(found[0]);
  if (!wasOpen) say(list.parentElement.dataset.offered.replace("{count}", found.length));
}

function pressed(event) {
  if (taking && isEnter(event)) {
    event.stopImmediatePropagation();
    return event.preventDefault();
  }
  if (list.hidden) return;
  const composing = event.isComposing || event.keyCode === 229;
  if (isEnter(event)) {
    if (event.shiftKey || event.ctrlKey || event.metaKey) return close();
    event.stopImmediatePropagation();
    // The syllable under way is committed first; what is left of it must not end up in the text.
    if (composing) pickWhenComposed = true;
    else event.preventDefault();
    if (!composing) pick(active());
  } else if (composing) {
    return;
  } else if (event.key === "Escape") {
    event.stopImmediatePropagation();
    event.preventDefault();
    closed = true;
    close();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    walk(event.key === "ArrowDown" ? 1 : -1);
  }
}

function pick(option) {
  if (closed) return;
  closed = true;
  close();
  if (option) use(option);
}

// ---- One prompt ----

// `source` says where a prompt is filled (data-fill) and whether it asks for variables first (data-asks).
async function use(source) {
  const { fill } = source.dataset;
  taking = true;
  try {
    if ("asks" in source.dataset) await ask(fill);
    else take(await filled(fill));
  } finally {
    taking = false;
  }
}

// The filled text and its deployment; null where the console did not answer as expected.
async function filled(url, values) {
  try {
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    const response = await fetch(url, { method: "POST", headers, body: values, redirect: "error" });
    if (response.ok || response.status === 400) return await response.json();
  } catch {
    // Said below, as every request that is not answered.
  }
  document.dispatchEvent(new Event("htmx:sendError"));
  return null;
}

async function ask(url) {
  const place = document.getElementById("picking-dialog");
  await htmx.ajax("GET", url, { target: place, swap: "innerHTML" });
  const dialog = place.querySelector("dialog");
  if (!dialog) return place.replaceChildren();
  const form = dialog.querySelector("form");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await filled(url, new FormData(form));
    const problem = form.querySelector("[role=alert]");
    problem.textContent = answer?.problem ?? "";
    problem.hidden = !answer?.problem;
    if (!answer?.text) return;
    dialog.close();
    take(answer);
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.stopPropagation());
  dialog.addEventListener("close", () => { place.replaceChildren(); box.focus(); });
  dialog.showModal();
}

function take(answer) {
  if (!answer?.text) return;
  const before = TYPED.test(box.value) ? "" : box.value.trimEnd();
  closed = true;
  box.value = before ? `${before}\n\n${answer.text}` : answer.text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
  choose(answer.deployment.toLowerCase());
}

// The deployment a prompt is best sent to, by its name or resource/name; what is chosen already stays if it fits.
function choose(wanted) {
  const select = document.getElementById("deployment");
  const fits = ({ dataset }) => dataset.called.toLowerCase() === wanted || dataset.called.toLowerCase().endsWith(`/${wanted}`);
  if (!wanted || [...select.selectedOptions].some(fits)) return;
  const found = [...select.options].find(fits);
  if (!found) return;
  select.value = found.value;
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

if (box && list) {
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-haspopup", "listbox");
  box.addEventListener("beforeinput", () => { if (!box.value) closed = false; });
  box.addEventListener("input", typed);
  box.addEventListener("keydown", pressed, { capture: true });
  box.addEventListener("blur", close);
  box.addEventListener("compositionend", () => {
    if (!pickWhenComposed) return;
    pickWhenComposed = false;
    const option = active();
    setTimeout(() => pick(option)); // the committed text is in the box only after this event
  });
  list.addEventListener("htmx:afterSwap", offer);
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) pick(option);
  });
  document.addEventListener("click", (event) => {
    const starter = event.target.closest("a[data-fill]");
    if (!starter || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    use(starter);
  });
}
