// Ways to begin: a link with data-starter puts its words into the empty message box, on this page or on the one it opens.

const KEPT = "starter";
const boxHere = () => document.querySelector("textarea[name=message]");

function begin(box, words) {
  if (!box.value) box.value = words.endsWith(":") ? `${words}\n\n` : words;
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const starter = event.target.closest("a[data-starter]");
  if (!starter) return;
  const box = boxHere();
  if (!box) return sessionStorage.setItem(KEPT, starter.dataset.starter);
  event.preventDefault();
  begin(box, starter.dataset.starter);
});

const kept = sessionStorage.getItem(KEPT);
if (kept && boxHere()) {
  sessionStorage.removeItem(KEPT);
  begin(boxHere(), kept);
}
