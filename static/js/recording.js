// Changes a shortcut by pressing its new keys, on the account page: "Change" waits for one combination and sends the
// form. The server says whether it may be. Without this the keys are written into the field.
import { areOn, news } from "./keys.js";
import { say } from "./say.js";

const MODIFIER = /^(Control|Shift|Alt|Meta|OS|Fn|CapsLock|Lang)/;
let waiting = null; // the button that waits for keys
let pressed = ""; // the id of the "Change" beside what was last pressed

function show() {
  for (const piece of document.querySelectorAll("[data-scripted]")) piece.hidden = false;
}

// Other open tabs use the keys as they are now; this page comes anew after each change, or its list does. How one sends
// is what the page came with: what is ticked may not be saved yet, and once the page is older another tab may know better.
function tell(more = {}) {
  news.postMessage({ on: areOn(), table: document.getElementById("shortcuts")?.dataset.table, ...more });
}

function wait(button) {
  waiting = button;
  pressed = button.id;
  button.dataset.word = button.textContent;
  button.textContent = button.form.dataset.waiting;
  button.classList.add("is-waiting");
  button.focus();
  say(button.form.dataset.how);
}

function stop(words = "") {
  if (!waiting) return;
  waiting.textContent = waiting.dataset.word;
  waiting.classList.remove("is-waiting");
  waiting = null;
  if (words) say(words);
}

// As the server reads it: "Ctrl+Shift+O", signs by the name of their key's place.
function written(event) {
  const held = [event.ctrlKey || event.metaKey ? "Ctrl" : "", event.altKey ? "Alt" : "", event.shiftKey ? "Shift" : ""];
  return [...held.filter(Boolean), event.code.replace(/^Key/, "")].join("+");
}

function take(keys) {
  const field = document.getElementById(waiting.dataset.record);
  field.value = keys;
  stop();
  field.form.requestSubmit();
}

document.addEventListener("click", (event) => {
  const back = event.target.closest("[name=put_back]");
  if (back) pressed = `change-${back.value}`;
  const button = event.target.closest("[data-record]");
  if (!button || button === waiting) return;
  stop();
  wait(button);
});

document.addEventListener("keydown", (event) => {
  if (!waiting) return;
  const keys = written(event);
  if (keys === "Tab" || keys === "Shift+Tab") return; // one can always leave
  event.preventDefault();
  event.stopImmediatePropagation();
  if (!event.code || event.repeat || MODIFIER.test(event.code)) return;
  if (keys === "Escape") stop(waiting.form.dataset.kept);
  else take(keys);
}, { capture: true });

document.addEventListener("focusout", (event) => {
  if (event.target === waiting) stop();
});

// What the server said is read out, and whoever works with the keyboard is where they were.
document.addEventListener("htmx:afterSettle", () => {
  show();
  tell();
  const words = document.querySelector("#shortcuts :is(.field__error, [data-told])")?.textContent;
  if (words) say(words.trim());
  if (document.activeElement === document.body) document.getElementById(pressed)?.focus();
});

show();
tell({ sendKey: document.querySelector("[name=send_key][checked]")?.value });
