// What requests of a page need: quiet in hidden tabs, words when nothing answers, tidy problem cards, one of each while a
// page is being left, and what was written when it comes back or the session turns out to be over.

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

// A slow line invites to press again. What a page is left with goes once, for as long as somebody may wait for the next.
const PATIENCE = 20_000;
let leaving = null; // since when, and by which form's button

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  const by = event.submitter ?? event.target;
  if (isLeaving() && leaving.by === by) event.preventDefault();
  else leaving = { by, form: event.target, since: Date.now() };
});

document.addEventListener("htmx:beforeOnLoad", (event) => {
  const there = event.detail.xhr.getResponseHeader("HX-Redirect");
  if (there && new URL(there, location).href.split("#")[0] !== location.href.split("#")[0]) leaving = { since: Date.now() };
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isLeaving() && !leaving.by && event.detail.requestConfig.verb === "post") event.preventDefault();
});

addEventListener("pageshow", () => { leaving = null; });

function isLeaving() {
  return leaving && Date.now() - leaving.since < PATIENCE;
}

// This tab keeps what is in a page that is left, until the same person is back there or it was left for something else
// than signing in. A draft comes back with the page in any case, as the server may not have its last words yet; other
// texts where the page came anew because of something else that was sent from it.
const { person } = document.body.dataset;
const lastActs = [];

// For what another module does when the page goes, before it is looked at what is left in it.
export const beforeLeaving = (act) => lastActs.push(act);
const named = (field) => `${field.form?.getAttribute("action")} ${field.form?.elements.replaces?.value ?? ""} ${field.name}`;
const fields = () => [...document.querySelectorAll("main textarea")];
const left = JSON.parse(sessionStorage.getItem("typed"));

if (document.querySelector(".page--bare")) { // nobody is signed in here: so that is why they left
  if (location.pathname === "/signout/") sessionStorage.removeItem("typed");
  else if (left) sessionStorage.setItem("typed", JSON.stringify({ ...left, lost: true }));
} else {
  sessionStorage.removeItem("typed");
  // Once every module listens: what comes back is a draft like any other.
  if (left?.person === person && left.path === location.pathname) addEventListener("DOMContentLoaded", () => {
    const texts = { ...left.texts, ...(left.lost ? left.gone : {}) };
    for (const field of fields().filter((one) => texts[named(one)])) {
      field.value = texts[named(field)];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  addEventListener("pagehide", ({ persisted }) => {
    if (!persisted) lastActs.forEach((act) => act());
    const written = fields().filter((one) => one.value !== one.defaultValue);
    const textsOf = (some) => Object.fromEntries(some.map((one) => [named(one), one.value]));
    const staysHere = (one) => "draft" in one.dataset || (leaving && one.form !== leaving.form);
    const texts = textsOf(written.filter(staysHere));
    const gone = textsOf(written.filter((one) => !staysHere(one)));
    sessionStorage.setItem("typed", JSON.stringify({ person, path: location.pathname, texts, gone }));
  });
}
