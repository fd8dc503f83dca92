// Keeps what is being written on the server, a second after the last key, so that no tab, device or crash loses it.

import { isGoing } from "./waiting.js";

const box = document.getElementById("message");
const LONGEST = 30_000; // milliseconds a request may take
let waiting = 0;
let isKeeping = false;
let isBehind = false;

// One after the other: on a slow line an older text must not arrive after a newer one.
async function keep() {
  waiting = 0;
  isBehind = true;
  if (isKeeping) return;
  isKeeping = true;
  while (isBehind) await keepNow();
  isKeeping = false;
}

async function keepNow() {
  isBehind = false;
  const body = new URLSearchParams({ message: box.value, submission_id: document.getElementById("submission-id").value });
  const headers = { "X-CSRFToken": document.querySelector("#composer [name=csrfmiddlewaretoken]").value };
  // A draft that cannot be kept is still in the box; the next key tries again.
  const signal = AbortSignal.timeout(LONGEST);
  await fetch(box.dataset.draft, { method: "POST", body, headers, signal, keepalive: true }).catch(() => {});
}

// An earlier message that is being said differently is no draft.
if (box?.dataset.draft && !document.querySelector("#composer [name=replaces]")) {
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(keep, 1000);
  });
  // Whoever leaves within that second loses nothing either.
  addEventListener("pagehide", () => { if (waiting || isBehind) keepNow(); });
  document.getElementById("composer").addEventListener("submit", () => {
    if (isGoing()) return; // this is not what is in the box
    clearTimeout(waiting);
    waiting = 0;
  });
}
