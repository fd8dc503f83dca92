// Follows all columns of a comparison over its one connection: draws unfinished text, remembers the places for
// attaching again, and tells screen readers about start and end only.
import { add, clear, drawer, take } from "./draft.js";

const page = document.getElementById("compare");
const narrator = document.getElementById("narrator");

const show = drawer();

const say = (words) => {
  if (narrator.textContent !== words) narrator.textContent = words;
};

if (page) {
  const followed = new WeakSet(); // connections: each may open more than once
  let place = "";

  page.addEventListener("htmx:sseOpen", ({ detail: { source } }) => {
    say(narrator.dataset.answering);
    if (followed.has(source)) return;
    followed.add(source);
    for (const live of page.querySelectorAll("[data-live]")) {
      source.addEventListener(`delta-${live.dataset.live}`, (event) => {
        place = event.lastEventId;
        add(live, event.data);
        show(live);
      });
    }
    source.addEventListener("signed_out", () => {
      source.close();
      page.removeAttribute("sse-connect");
      page.querySelector("[data-signed-out]").hidden = false;
    });
  });

  page.addEventListener("htmx:sseBeforeMessage", ({ target, detail: { type } }) => {
    if (type.startsWith("block-")) clear(target.closest("[data-live]"));
  });

  page.addEventListener("htmx:sseMessage", ({ target, detail: { type, lastEventId } }) => {
    const live = target.closest("[data-live]");
    place = lastEventId || place;
    if (!live) return;
    if (type.startsWith("tail-")) take(live);
    show(live, true);
  });

  // The extension opens a fresh connection after an error and would start from the page's old places.
  page.addEventListener("htmx:sseError", () => {
    if (!place) return;
    const [path, query] = page.getAttribute("sse-connect").split("?");
    const parts = new URLSearchParams(query);
    parts.set("after", place);
    page.setAttribute("sse-connect", `${path}?${parts}`);
  });

  page.addEventListener("htmx:sseClose", () => say(narrator.dataset.complete));

  page.querySelectorAll("[data-live]").forEach(take);
}
