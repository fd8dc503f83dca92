// Sends on Enter the way people of every script expect, grows with the text, and empties itself once a message is committed.
import { attached, haveArrived } from "./attachments.js";
import { news } from "./keys.js";
import { wait } from "./waiting.js";

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

// Some input methods let Enter through a second time: what is on its way is not sent again.
const send = () => {
  if (form.classList.contains("htmx-request") || (!box.value.trim() && !attached().length)) return;
  if (!haveArrived()) return;
  if (document.querySelector("#composer-actions [form=composer]")) form.requestSubmit();
  else wait();
};

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

  box.addEventListener("input", grow);
  grow();
  news.addEventListener("message", ({ data }) => { if (data.sendKey) form.dataset.sendKey = data.sendKey; });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    document.querySelector("#composer-actions [form^=stop-]")?.click();
  });

  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== form || event.detail.xhr.status !== 201) return;
    box.value = "";
    form.querySelector(".composer__settings").open = false;
    grow();
    box.focus();
  });
}
