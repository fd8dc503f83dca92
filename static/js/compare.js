// Follows all columns of a comparison over its one connection: draws unfinished text, remembers the places for
// attaching again, and tells screen readers about start and end only.
import { draw } from "./draft.js";

const page = document.getElementById("compare");
const narrator = document.getElementById("narrator");

// Several events of one moment are drawn once.
const due = new Set();
function show(live) {
  if (!due.size) requestAnimationFrame(() => {
    due.forEach(draw);
    due.clear();
  });
  due.add(live);
}

const say = (words) => {
  if (narrator.textContent !== words) narrator.textContent = words;
};

if (page) {
  page.addEventListener("htmx:sseOpen", (event) => {
    say(narrator.dataset.answering);
    event.detail.source.addEventListener("signed_out", () => {
      event.detail.source.close();
      page.removeAttribute("sse-connect");
      page.querySelector("[data-signed-out]").hidden = false;
    });
  });

  page.addEventListener("htmx:sseMessage", (event) => {
    const live = event.target.closest("[data-live]");
    const id = event.detail.lastEventId;
    if (id) {
      // The extension opens a fresh connection after an error and would start from the page's old places.
      const [path, query] = page.getAttribute("sse-connect").split("?");
      const parts = new URLSearchParams(query);
      parts.set("after", id);
      page.setAttribute("sse-connect", `${path}?${parts}`);
    }
    if (live) show(live);
  });

  page.addEventListener("htmx:sseClose", () => say(narrator.dataset.complete));

  page.querySelectorAll("[data-live]").forEach(draw);
}
