// What requests of a page need: quiet in hidden tabs, words when nothing answers, tidy problem cards, and what was
// written when the session turns out to be over.

const problems = document.getElementById("problems");
const isPolling = (element) => /\bevery\b/.test(element.getAttribute("hx-trigger") ?? "");

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && isPolling(event.detail.elt)) event.preventDefault();
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, () => {
    if (problems.dataset.unreachable) return;
    problems.replaceChildren(document.getElementById("unreachable").content.cloneNode(true));
    problems.dataset.unreachable = "yes";
    problems.scrollIntoView({ block: "nearest" });
  });
}

document.addEventListener("htmx:afterRequest", (event) => {
  // To htmx every answer that is shown is a success; a card that has just been put there stays.
  if (!event.detail.successful || event.detail.target === problems) return;
  if (problems.dataset.unreachable || !isPolling(event.detail.elt)) problems.replaceChildren();
  delete problems.dataset.unreachable;
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === problems) problems.scrollIntoView({ block: "nearest" });
});

// This tab keeps what is in a page that is left, until the same person is back there or it was left for something else
// than signing in.
const { person } = document.body.dataset;
const named = (field) => `${field.form?.getAttribute("action")} ${field.name}`;
const fields = () => [...document.querySelectorAll("main textarea")];
const left = JSON.parse(sessionStorage.getItem("typed"));

if (document.querySelector(".page--bare")) { // nobody is signed in here: so that is why they left
  if (location.pathname === "/signout/") sessionStorage.removeItem("typed");
  else if (left) sessionStorage.setItem("typed", JSON.stringify({ ...left, lost: true }));
} else {
  sessionStorage.removeItem("typed");
  // Once every module listens: what comes back is a draft like any other.
  if (left?.lost && left.person === person && left.path === location.pathname) addEventListener("DOMContentLoaded", () => {
    for (const field of fields().filter((one) => left.texts[named(one)])) {
      field.value = left.texts[named(field)];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  addEventListener("pagehide", () => {
    const texts = Object.fromEntries(fields().filter((one) => one.value !== one.defaultValue).map((one) => [named(one), one.value]));
    sessionStorage.setItem("typed", JSON.stringify({ person, path: location.pathname, texts }));
  });
}
