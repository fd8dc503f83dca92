// What the message would cost, asked once typing pauses: never for an empty box, never twice for the same message, and
// never so that anybody notices when it fails.

import { attached } from "./attachments.js";

const line = document.getElementById("estimate");
const form = document.getElementById("composer");
// The names by which Send's own fields change without the message changing.
const ASIDE = ["submission_id", "csrfmiddlewaretoken"];

if (line && form) {
  let asked = "";

  const isEmpty = () => !form.elements.message.value.trim() && !attached().length;
  const question = () => [...new FormData(form)].filter(([name]) => !ASIDE.includes(name)).join("\n");
  const clear = () => {
    asked = "";
    line.replaceChildren();
  };

  line.addEventListener("htmx:beforeRequest", (event) => {
    const now = question();
    const isOnItsWay = form.classList.contains("htmx-request");
    if (isEmpty()) clear();
    if (isEmpty() || isOnItsWay || now === asked) event.preventDefault();
    else asked = now;
  });

  line.addEventListener("htmx:beforeSwap", (event) => {
    event.detail.shouldSwap = event.detail.xhr.status === 200 && !isEmpty();
    if (event.detail.xhr.status !== 200) clear(); // what stands there is about another message
  });

  // Other modules speak of requests that failed or tidy up after those that did not; this one is none of their business.
  for (const said of ["htmx:sendError", "htmx:timeout", "htmx:afterRequest", "htmx:afterSwap"]) {
    line.addEventListener(said, (event) => {
      if (said === "htmx:sendError" || said === "htmx:timeout") clear();
      event.stopPropagation();
    });
  }

  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== form || event.detail.xhr.status !== 201) return;
    clear();
    if (!isEmpty()) form.dispatchEvent(new Event("change", { bubbles: true })); // written meanwhile
  });
}
