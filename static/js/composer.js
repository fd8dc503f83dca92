// Sends on Enter the way people of every script expect, grows with the text, and empties itself once a message is
// committed: of what was sent, not of what was written since.
import { attached, haveArrived } from "./attachments.js";
import { isTyping, news } from "./keys.js";
import { beforeLeaving } from "./requests.js";
import { isGoing, keep, put, wait, went, written } from "./waiting.js";

const HANGUL = /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]$/;
const form = document.getElementById("composer");
const box = document.getElementById("message");

const grow = () => {
  box.rows = Math.min(14, Math.max(2, box.value.split("\n").length));
};

// Windows names a key that goes to the input method "Process"; only its code tells that it is Enter.
export const isEnter = (event) => event.key === "Enter" || (event.keyCode === 229 && /Enter$/.test(event.code));

const wantsToSend = (event) => {
  if (!isEnter(event) || event.shiftKey) return false;
  const withKey = event.ctrlKey || event.metaKey;
  return form.dataset.sendKey === "ctrl-enter" ? withKey : true;
};

// Korean composes without a candidate window, so its Enter means what it says once the syllable is committed;
// for Japanese and Chinese it picks a candidate.
export const composesHangul = () => HANGUL.test(box.value.slice(0, box.selectionEnd));

// What Enter does by itself, for one that was held up.
export const enter = (event) => {
  if (wantsToSend(event)) return send();
  box.setRangeText("\n", box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
};

let sent = null; // what is on its way out of the box
let pressed = false; // Send, once more since then

// Some input methods let Enter through a second time: what is on its way is not sent again.
const send = () => {
  if (sent) {
    pressed = true;
    return;
  }
  if ((!box.value.trim() && !attached().length) || !haveArrived()) return;
  if (document.querySelector("#composer-actions [form=composer]") && !isGoing()) form.requestSubmit();
  else wait();
};

// What was written while a message was on its way: behind it, or in its place.
const rest = () => (box.value.startsWith(sent.text) ? box.value.slice(sent.text.length).trimStart() : box.value);

function settled(isCommitted) {
  const text = rest();
  const again = pressed && text.trim();
  sent = null;
  pressed = false;
  if (!isCommitted) return;
  box.value = text;
  if (text) put(text);
  form.querySelector(".composer__settings").open = false;
  grow();
  if (form.contains(document.activeElement) || !isTyping(document.activeElement)) box.focus();
  if (again) send();
}

if (form) {
  let sendWhenComposed = false;

  box.addEventListener("keydown", (event) => {
    // Up in an empty box: say the last message differently.
    if (event.key === "ArrowUp" && !box.value && !attached().length && !event.isComposing) {
      [...document.querySelectorAll("[data-edit]")].at(-1)?.click();
    }
    if (!wantsToSend(event)) return;
    if (event.isComposing || event.keyCode === 229) {
      sendWhenComposed = composesHangul();
      return;
    }
    event.preventDefault();
    sendWhenComposed = false;
    send();
  });

  box.addEventListener("compositionend", () => {
    if (!sendWhenComposed) return;
    sendWhenComposed = false;
    // The committed text is in the box only after this event has run its course.
    setTimeout(() => {
      box.value = box.value.replace(/\n$/, "");
      send();
    });
  });

  box.autocomplete = "off"; // a browser that puts back what stood here when it reloads would put back what was sent
  box.addEventListener("input", grow);
  grow();
  news.addEventListener("message", ({ data }) => { if (data.sendKey) form.dataset.sendKey = data.sendKey; });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    document.querySelector("#composer-actions [form^=stop-]")?.click();
  });

  // The button does no more than Enter while something is on its way.
  form.addEventListener("submit", (event) => {
    if (!form.classList.contains("htmx-request")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    send();
  }, { capture: true });

  // Another tab may have said more than this page shows.
  form.addEventListener("htmx:configRequest", (event) => {
    if (event.target === form) event.detail.parameters.seen = [...document.querySelectorAll(".exchange")].at(-1)?.id ?? "";
  });

  form.addEventListener("htmx:beforeSend", (event) => {
    if (event.target === form && !isGoing()) sent = written();
  });

  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== form) return;
    const isCommitted = event.detail.xhr.status === 201;
    if (isGoing()) went(isCommitted);
    else if (sent) settled(isCommitted);
  });

  // Nobody knows yet whether what is on its way arrives: if this tab comes back, it goes again as the same message.
  // What stays in the box was written since.
  beforeLeaving(() => {
    if (!sent || form.elements.replaces) return;
    keep({ ...sent, id: document.getElementById("submission-id").value });
    box.value = rest();
  });
}
