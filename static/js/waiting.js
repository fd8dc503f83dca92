// Type ahead: what is sent while an answer arrives waits above the composer and goes when its turn comes. It can be
// changed, taken back or sent at once; a reload in this tab keeps it.

const form = document.getElementById("composer");
const box = document.getElementById("message");
const list = document.getElementById("waiting");
const item = document.getElementById("waiting-item");
const KEPT = `waiting ${form?.action}`;

let texts = form ? JSON.parse(sessionStorage.getItem(KEPT) ?? "[]") : [];
let going = null; // the text on its way, and what stood in the box meanwhile
let held = false; // after a failure nothing goes by itself
let urgent = false; // but for what somebody wants to go at once

const isFree = () => document.querySelector("#composer-actions [form=composer]") && !form.classList.contains("htmx-request");
const failedLast = () => [...document.querySelectorAll(".exchange")].at(-1)?.querySelector(".problem");

function draw() {
  sessionStorage.setItem(KEPT, JSON.stringify(texts));
  list.hidden = !texts.length;
  list.replaceChildren(...texts.map((text, index) => {
    const row = item.content.cloneNode(true).firstElementChild;
    row.querySelector("[data-text]").textContent = text;
    for (const button of row.querySelectorAll("button")) button.addEventListener("click", () => DO[button.dataset.do](index));
    return row;
  }));
}

const take = (index) => texts.splice(index, 1)[0];

const DO = {
  now(index) {
    texts.unshift(take(index));
    draw();
    urgent = true;
    if (isFree()) go();
    else document.querySelector("#composer-actions [form^=stop-]")?.click();
  },
  edit(index) {
    const text = take(index);
    if (box.value.trim()) texts.splice(index, 0, box.value);
    put(text);
    box.focus();
    draw();
  },
  remove(index) {
    take(index);
    draw();
    box.focus();
  },
};

function put(text) {
  box.value = text;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

// Keeps the text in the box for later, and empties the box.
export function wait() {
  texts.push(box.value);
  held = false;
  put("");
  draw();
}

function go() {
  if (!texts.length || going || !isFree()) return;
  held = urgent = false;
  going = { text: take(0), typed: box.value };
  box.value = going.text;
  draw();
  form.requestSubmit();
}

if (form) {
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== form || !going) return;
    const { text, typed } = going;
    going = null;
    if (event.detail.xhr.status !== 201) {
      held = true;
      texts.unshift(text);
      draw();
    }
    // Once the composer has emptied the box, what somebody was writing meanwhile comes back.
    setTimeout(() => put(typed));
  });

  // The button turns from Stop to Send when an answer ends.
  new MutationObserver(() => {
    if (!texts.length || !isFree()) return;
    held ||= Boolean(failedLast());
    if (urgent || !held) go();
  }).observe(form, { childList: true, subtree: true });

  draw();
  if (isFree() && !failedLast()) go();
}
