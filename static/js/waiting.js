// Type ahead: what is sent while an answer arrives waits above the composer and goes when its turn comes. It can be
// changed, taken back or sent at once; a reload in this tab keeps it. What was attached to it waits with it. What is being
// written meanwhile stays where it is.
import { attached, drop, idOf, nameOf, setAside } from "./attachments.js";

const form = document.getElementById("composer");
const box = document.getElementById("message");
const list = document.getElementById("waiting");
const item = document.getElementById("waiting-item");
const KEPT = `waiting ${form?.action}`;

let turns = form ? JSON.parse(sessionStorage.getItem(KEPT) ?? "[]") : []; // each with its id, text and ids of files
let going = null; // the turn on its way
let held = false; // after a failure nothing goes by itself
let urgent = false; // but for what somebody wants to go at once
let isStopping = false; // who stops an answer and sends something means now, not after whatever waits

const isFree = () => document.querySelector("#composer-actions [form=composer]") && !form.classList.contains("htmx-request");
const inLast = (selector) => [...document.querySelectorAll(".exchange")].at(-1)?.querySelector(selector);
const failedLast = () => inLast(".problem");
const toolWaits = () => inLast(".asked__answer[open]"); // somebody has to answer for it first

// What is on its way is kept as well: the page may be gone before it has arrived.
function draw() {
  const all = going ? [going, ...turns] : turns;
  sessionStorage.setItem(KEPT, JSON.stringify(all));
  list.hidden = !all.length;
  setAside(all.flatMap(({ files }) => files), true);
  list.replaceChildren(...all.map((turn) => {
    const row = item.content.cloneNode(true).firstElementChild;
    row.querySelector("[data-text]").textContent = [turn.text, ...turn.files.map(nameOf)].filter(Boolean).join(" · ");
    for (const button of row.querySelectorAll("button")) {
      button.hidden = turn === going;
      button.addEventListener("click", () => DO[button.dataset.do](turns.indexOf(turn)));
    }
    return row;
  }));
}

const take = (index) => turns.splice(index, 1)[0];

// Each is one message however often it is sent: from a page that was left, or from a tab that was doubled.
const newId = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

// What is in the composer.
export const written = () => ({ id: newId(), text: box.value, files: attached().map(idOf) });

const DO = {
  now(index) {
    turns.unshift(take(index));
    draw();
    urgent = true;
    if (isFree()) go();
    else document.querySelector("#composer-actions [form^=stop-]")?.click();
  },
  edit(index) {
    const turn = take(index);
    if (box.value.trim() || attached().length) turns.splice(index, 0, written());
    setAside(turn.files, false);
    put(turn.text);
    box.focus();
    draw();
  },
  remove(index) {
    drop(take(index).files);
    draw();
    box.focus();
  },
};

export function put(text) {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// Keeps what is in the composer for later, and empties it.
export function wait() {
  if (isStopping) turns.unshift(written());
  else turns.push(written());
  urgent ||= isStopping;
  held = false;
  put("");
  draw();
}

// Keeps what the page is left with before it is known to have arrived.
export function keep(turn) {
  turns.unshift({ ...turn, wasInBox: true });
  draw();
}

export const isGoing = () => Boolean(going);

function go() {
  if (!turns.length || going || !isFree()) return;
  held = urgent = false;
  going = take(0);
  draw();
  form.noValidate = true; // the box may be empty, or half a number in the settings
  htmx.trigger(form, "submit", { going });
  form.noValidate = false;
  if (!form.classList.contains("htmx-request")) went(false); // something was in the way
}

// The console has answered what was going.
export function went(isCommitted) {
  if (!isCommitted) {
    held = true;
    turns.unshift(going);
  }
  going = null;
  draw();
  // The draft on the server was taken for what went.
  if (isCommitted && box.value) put(box.value);
}

if (form) {
  form.addEventListener("htmx:configRequest", (event) => {
    if (event.target !== form || !going) return;
    Object.assign(event.detail.parameters, { message: going.text, submission_id: going.id, attachments: going.files });
  });

  document.addEventListener("submit", ({ target }) => { isStopping ||= target.id.startsWith("stop-"); });

  // The button turns from Stop to Send when an answer ends.
  new MutationObserver(() => {
    if (!isFree()) return;
    isStopping = false;
    if (!turns.length) return;
    held ||= Boolean(failedLast());
    if (urgent || !(held || toolWaits())) go();
  }).observe(form, { childList: true, subtree: true });

  // What is said here arrived, though nobody was here to hear of it.
  turns = turns.filter(({ id }) => !document.querySelector(`[data-submission="${id}"]`));
  // The draft is what went, as far as it had been written.
  if (turns[0]?.wasInBox && turns[0].text.startsWith(box.value)) box.value = "";
  draw();
  addEventListener("DOMContentLoaded", () => { // once htmx knows the form
    if (isFree() && !failedLast() && !toolWaits()) go();
  });
}
