// Saved prompts in the message box: "/" in an empty one offers them, arrows walk, Enter picks, Escape closes.
// Whoever just goes on writing is not held up: a space or a word that fits nothing closes the list. Only an Enter that is
// faster than the answer to what is typed waits for it: it takes the prompt that fits, or does what it does without a list.
// The box stays a textbox, as HTML allows a textarea no other role; aria-controls and aria-activedescendant tie the list to it.
import { composesHangul, enter, isEnter } from "./composer.js";
import { say } from "./say.js";

const TYPED = /^\/\S{0,60}$/;
const box = document.getElementById("message");
const list = document.getElementById("picking");

// ---- The list ----

let closed = false; // by Escape or a pick, until the box is empty again
let waiting = 0;
let looked = null; // what the options are for, or that there are none for it
let held = null; // an Enter that came before the answer to what was typed
let pickWhenComposed = null; // an Enter that came before its syllable was committed
let taking = false; // a prompt is on its way: an Enter that some input methods send twice must not send "/…"

const options = () => [...list.querySelectorAll("[role=option]")];
const active = () => list.querySelector("[aria-selected=true]");
const isTyped = () => !closed && TYPED.test(box.value);
const isAhead = () => isTyped() && looked !== box.value.slice(1);

function close() {
  clearTimeout(waiting);
  list.hidden = true;
  list.replaceChildren();
  held = null;
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
  clearTimeout(waiting);
  const typed = document.getElementById("picking-typed");
  typed.disabled = false;
  typed.value = box.value.slice(1);
  htmx.trigger(list, "look");
}

function typed() {
  held = null;
  if (!isTyped()) {
    looked = null;
    return close();
  }
  clearTimeout(waiting);
  waiting = setTimeout(look, list.hidden ? 0 : 120);
}

const isOfNow = ({ requestConfig }) => isTyped() && requestConfig.parameters.q === box.value.slice(1);

function offer({ detail }) {
  if (!isOfNow(detail)) return;
  looked = box.value.slice(1);
  const found = detail.successful ? options() : [];
  const pressed = held;
  if (found.length) show(found);
  else close();
  if (pressed) pickOrEnter(pressed);
}

function show(found) {
  const wasOpen = !list.hidden;
  list.hidden = false;
  box.setAttribute("aria-controls", list.id);
  activate(found[0]);
  if (!wasOpen) say(list.parentElement.dataset.offered.replace("{count}", found.length));
}

function pickOrEnter(event) {
  held = null;
  if (isAhead()) {
    held = event;
    look();
  } else if (active()) {
    pick(active());
  } else {
    enter(event);
  }
}

function pressed(event) {
  if ((taking || held) && isEnter(event)) {
    event.stopImmediatePropagation();
    return event.preventDefault();
  }
  if (list.hidden && !isAhead()) return;
  const composing = event.isComposing || event.keyCode === 229;
  if (isEnter(event)) {
    if (event.shiftKey || event.ctrlKey || event.metaKey) return close();
    if (composing && !composesHangul()) return; // it chooses a candidate
    event.stopImmediatePropagation();
    // The syllable under way is committed first; what is left of it must not end up in the text.
    if (composing) pickWhenComposed = event;
    else event.preventDefault();
    if (!composing) pickOrEnter(event);
  } else if (composing) {
    return;
  } else if (event.key === "Escape") {
    event.stopImmediatePropagation();
    event.preventDefault();
    closed = true;
    close();
  } else if (!list.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
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
  if (taking) return;
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
  let asking = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asking) return;
    asking = true;
    const answer = await filled(url, new FormData(form));
    asking = false;
    if (!dialog.open) return; // called off meanwhile
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
    const pressed = pickWhenComposed;
    const option = isAhead() ? null : active();
    pickWhenComposed = null;
    // The committed text, and what is left of Enter, are in the box only after this event.
    setTimeout(() => {
      box.value = box.value.replace(/\n$/, "");
      if (option) pick(option);
      else pickOrEnter(pressed);
    });
  });
  list.addEventListener("htmx:beforeSwap", (event) => { event.detail.shouldSwap &&= isOfNow(event.detail); });
  list.addEventListener("htmx:afterRequest", offer);
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
