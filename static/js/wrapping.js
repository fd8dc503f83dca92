// Long lines of code: scrolled or wrapped, for all code at once, as this browser was told last.
const NAME = "wraps-code";
const root = document.documentElement;

const show = (wraps) => {
  root.classList.toggle(NAME, wraps);
  for (const button of document.querySelectorAll("[data-wrap]")) button.setAttribute("aria-pressed", wraps);
};

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-wrap]")) return;
  const wraps = !root.classList.contains(NAME);
  show(wraps);
  try {
    localStorage.setItem(NAME, wraps ? "1" : "");
  } catch {
    // a browser that keeps nothing keeps this page as it is now
  }
});

// The server's blocks are stored without this button: it is of no use without this module.
const equip = (place) => {
  for (const copy of place.querySelectorAll?.("[data-copy-code]") ?? []) {
    if (copy.previousElementSibling?.matches("[data-wrap]")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "code-block__copy code-block__wrap";
    button.dataset.wrap = "";
    button.textContent = document.body.dataset.wrapWord;
    button.setAttribute("aria-pressed", root.classList.contains(NAME));
    copy.before(button);
  }
};

try {
  show(localStorage.getItem(NAME) === "1");
} catch {
  show(false);
}
equip(document);
document.addEventListener("htmx:load", (event) => equip(event.target));
