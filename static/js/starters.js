// Ways to begin: a link with data-starter takes its words along to the empty message box of the page it opens.

const KEPT = "starter";

document.addEventListener("click", (event) => {
  const starter = event.target.closest("a[data-starter]");
  if (starter) sessionStorage.setItem(KEPT, starter.dataset.starter);
});

const box = document.querySelector("textarea[name=message]");
const words = sessionStorage.getItem(KEPT);
if (box && words) {
  sessionStorage.removeItem(KEPT);
  if (!box.value) {
    box.value = `${words}\n\n`;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
    box.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
