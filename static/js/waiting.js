// Type ahead: what is sent while an answer arrives waits above the composer and goes when its turn comes. It can be
// changed, taken back or sent at once; a reload in this tab keeps it. What was attached to it waits with it.
import { attached, drop, idOf, nameOf, setAside } from "./attachments.js";

const form = document.getElementById("composer");
const box = document.getElementById("message");
const list = document.getElementById("waiting");
const item = document.getElementById("waiting-item");
const KEPT = `waiting ${form?.action}`;

let turns = form ? JSON.parse(sessionStorage.getItem(KEPT) ?? "[]") : []; // each with its text and ids of files
let going = null; // the turn on its way, and what stood in the composer meanwhile
let held = false; // after a failure nothing goes by itself
let urgent = false; // but for what somebody wants to go at once

const isFree = () => document.querySelector("#composer-actions [form=composer]") && !form.classList.contains("htmx-request");
const inLast = (selector) => [...document.querySelectorAll(".exchange")].at(-1)?.querySelector(selector);
const failedLast = () => inLast(".problem");
const toolWaits = () => inLast(".asked__answer[open]"); // somebody has to answer for it first

function draw() {
  sessionStorage.setItem(KEPT, JSON.stringify(turns));
  list.hidden = !turns.length;
  setAside(turns.flatMap(({ files }) => files), true);
  list.replaceChildren(...turns.map(({ text, files }, index) => {
    const row = item.content.cloneNode(true).firstElementChild;
    row.querySelector("[data-text]").textContent = [text, ...files.map(nameOf)].filter(Boolean).join(" · ");
    for (const button of row.querySelectorAll("button")) button.addEventListener("click", () => DO[button.dataset.do](index));
    return row;
  }));
}

const take = (index) => turns.splice(index, 1)[0];
const written = () => ({ text: box.value, files: attached().map(idOf) });

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

function put(text) {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// Keeps what is in the composer for later, and empties it.
export function wait() {
  turns.push(written());
  held = false;
  put("");
  draw();
}

function go() {
  if (!turns.length || going || !isFree()) return;
  held = urgent = false;
  going = { turn: take(0), meanwhile: written() };
  box.value = going.turn.text;
  draw();
  setAside(going.meanwhile.files, true);
  setAside(going.turn.files, false);
  form.requestSubmit();
}

if (form) {
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== form || !going) return;
    const { turn, meanwhile } = going;
    going = null;
    if (event.detail.xhr.status !== 201) {
      held = true;
      turns.unshift(turn);
      draw();
    }
    setAside(meanwhile.files, false);
    // Once the composer has emptied the box, what somebody was writing meanwhile comes back.
    setTimeout(() => put(meanwhile.text));
  });

  // The button turns from Stop to Send when an answer ends.
  new MutationObserver(() => {
    if (!turns.length || !isFree()) return;
    held ||= Boolean(failedLast());
    if (urgent || !(held || toolWaits())) go();
  }).observe(form, { childList: true, subtree: true });

  draw();
  if (isFree() && !failedLast() && !toolWaits()) go();
}
