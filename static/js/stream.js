// Follows a live answer: keeps the newest line in view for whoever is at the bottom, remembers the place for
// re-attaching, and tells screen readers about start and end only.
import { add, clear, drawer, take } from "./draft.js";

const transcript = document.getElementById("transcript");
const narrator = document.getElementById("narrator");
const jump = document.getElementById("jump");
const NEAR = 80; // pixels from the end that still count as being there

let atEnd = true;
let lastTop = 0;

const toEnd = () => {
  transcript.scrollTop = transcript.scrollHeight;
  lastTop = transcript.scrollTop;
};

const offer = () => {
  if (jump.hidden !== atEnd) jump.hidden = atEnd;
};

const stick = () => {
  if (atEnd) toEnd();
  offer();
};

const show = drawer(stick);

const say = (words) => {
  if (narrator.textContent !== words) narrator.textContent = words;
};

if (transcript) {
  transcript.addEventListener("scroll", () => {
    // Only who scrolls up leaves the end, however small the step: new text moves it away as well, until it is followed.
    const rest = transcript.scrollHeight - transcript.scrollTop - transcript.clientHeight;
    if (transcript.scrollTop < lastTop) atEnd = rest < 2;
    else if (rest < NEAR) atEnd = true;
    lastTop = transcript.scrollTop;
    if (atEnd) offer();
  }, { passive: true });
  jump.addEventListener("click", () => { atEnd = true; stick(); });

  const places = new WeakMap(); // how much of each live answer is here
  const followed = new WeakSet(); // connections: each may open more than once

  transcript.addEventListener("htmx:sseOpen", ({ target: live, detail: { source } }) => {
    transcript.setAttribute("aria-busy", "true");
    say(narrator.dataset.answering);
    if (followed.has(source)) return;
    followed.add(source);
    source.addEventListener("delta", (event) => {
      places.set(live, event.lastEventId);
      add(live, event.data);
      show(live);
    });
    source.addEventListener("signed_out", () => {
      source.close();
      live.removeAttribute("sse-connect");
      live.querySelector("[data-signed-out]").hidden = false;
    });
  });

  transcript.addEventListener("htmx:sseBeforeMessage", ({ target, detail: { type } }) => {
    if (type === "block") clear(target.closest("[data-live]"));
  });

  transcript.addEventListener("htmx:sseMessage", ({ target, detail: { type, lastEventId } }) => {
    const live = target.closest("[data-live]");
    if (lastEventId) places.set(live, lastEventId);
    if (type === "tail") take(live);
    show(live, true);
  });

  // The extension opens a fresh connection after an error and would start from the page's old place.
  transcript.addEventListener("htmx:sseError", ({ target: live }) => {
    if (!places.has(live)) return;
    const [path, query] = live.getAttribute("sse-connect").split("?");
    const parts = new URLSearchParams(query);
    parts.set("after", places.get(live));
    live.setAttribute("sse-connect", `${path}?${parts}`);
  });

  transcript.addEventListener("htmx:sseClose", ({ target: live }) => {
    transcript.removeAttribute("aria-busy");
    say(narrator.dataset.complete);
    show(live, true);
  });

  // A quiet clock beside the words of waiting, until the first word of the answer takes their place.
  const seen = new WeakMap();
  setInterval(() => {
    for (const live of transcript.querySelectorAll("[data-live]")) {
      const status = live.querySelector(".status");
      if (!status.textContent.trim() || live.querySelector(".ending > *")) continue;
      if (!seen.has(live)) seen.set(live, performance.now() - 1000 * live.dataset.waited);
      const seconds = Math.round((performance.now() - seen.get(live)) / 1000);
      status.dataset.waited = live.dataset.seconds.replace("#", seconds);
    }
  }, 1000);

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === transcript) { atEnd = true; stick(); }
  });
  // Earlier messages come in above: what one reads stays where it is.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!event.detail.target.matches(".transcript__earlier")) return;
    const fromEnd = transcript.scrollHeight - transcript.scrollTop;
    requestAnimationFrame(() => { transcript.scrollTop = transcript.scrollHeight - fromEnd; });
  });
  transcript.querySelectorAll("[data-live]").forEach(take);
  if (transcript.querySelector(".exchange")) toEnd(); // the welcome is read from its top
}
