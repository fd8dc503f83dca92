// What every request of htmx on a page needs: quiet in hidden tabs, words when nothing answers, tidy problem cards.

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
