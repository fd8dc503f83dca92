// Follows a live answer: keeps the newest line in view for whoever is at the bottom, remembers the place for
// re-attaching, and tells screen readers about start and end only.

const transcript = document.getElementById("transcript");
const narrator = document.getElementById("narrator");
const jump = document.getElementById("jump");
const NEAR = 80; // pixels from the end that still count as being there

let atEnd = true;

const toEnd = () => transcript.scrollTo({ top: transcript.scrollHeight });

const stick = () => {
  if (atEnd) toEnd();
  jump.hidden = atEnd;
};

const say = (words) => {
  if (narrator.textContent !== words) narrator.textContent = words;
};

if (transcript) {
  transcript.addEventListener("scroll", () => {
    atEnd = transcript.scrollHeight - transcript.scrollTop - transcript.clientHeight < NEAR;
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
    requestAnimationFrame(stick);
  });

  transcript.addEventListener("htmx:sseClose", () => {
    transcript.removeAttribute("aria-busy");
    say(narrator.dataset.complete);
    requestAnimationFrame(stick);
  });

  transcript.addEventListener("htmx:sseOpen", (event) => {
    const live = event.target;
    event.detail.source.addEventListener("signed_out", () => {
      event.detail.source.close();
      live.removeAttribute("sse-connect");
      live.querySelector("[data-signed-out]").hidden = false;
    });
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target === transcript) { atEnd = true; stick(); }
  });
  toEnd();
}
