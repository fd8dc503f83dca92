// Follows a live answer: keeps the newest line in view for whoever is at the bottom, remembers the place for
// re-attaching, and tells screen readers about start and end only.
import { draw } from "./draft.js";

const transcript = document.getElementById("transcript");
const narrator = document.getElementById("narrator");
const jump = document.getElementById("jump");
const NEAR = 80; // pixels from the end that still count as being there

let atEnd = true;
let lastTop = 0;

const toEnd = () => {
  transcript.scrollTo({ top: transcript.scrollHeight });
  lastTop = transcript.scrollTop;
};

const stick = () => {
  if (atEnd) toEnd();
  jump.hidden = atEnd;
};

// Several events of one moment are drawn once.
let due = null;
const show = (live) => {
  due ??= requestAnimationFrame(() => {
    due = null;
    if (live) draw(live);
    stick();
  });
};

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
    if (atEnd) jump.hidden = true;
  }, { passive: true });
  jump.addEventListener("click", () => { atEnd = true; stick(); });

  transcript.addEventListener("htmx:sseOpen", () => {
    transcript.setAttribute("aria-busy", "true");
    say(narrator.dataset.answering);
  });

  transcript.addEventListener("htmx:sseMessage", (event) => {
    const live = event.target.closest("[data-live]");
    const id = event.detail.lastEventId;
    if (live && id) {
      // The extension opens a fresh connection after an error and would start from the page's old place.
      const [path, query] = live.getAttribute("sse-connect").split("?");
      const parts = new URLSearchParams(query);
      parts.set("after", id);
      live.setAttribute("sse-connect", `${path}?${parts}`);
    }
    show(live);
  });

  transcript.addEventListener("htmx:sseClose", (event) => {
    transcript.removeAttribute("aria-busy");
    say(narrator.dataset.complete);
    show(event.target.closest("[data-live]"));
  });

  transcript.addEventListener("htmx:sseOpen", (event) => {
    const live = event.target;
    event.detail.source.addEventListener("signed_out", () => {
      event.detail.source.close();
      live.removeAttribute("sse-connect");
      live.querySelector("[data-signed-out]").hidden = false;
    });
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
  transcript.querySelectorAll("[data-live]").forEach(draw);
  if (transcript.querySelector(".exchange")) toEnd(); // the welcome is read from its top
}
