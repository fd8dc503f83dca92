// What is written in a page whose session has ended: this tab keeps it until the person is back there.

const named = (field) => `${field.form?.getAttribute("action")} ${field.name}`;
const fields = () => [...document.querySelectorAll("main textarea")];
const left = JSON.parse(sessionStorage.getItem("typed"));

if (document.querySelector(".page--bare")) { // nobody is signed in here: so that is why they left
  if (location.pathname === "/signout/") sessionStorage.removeItem("typed");
  else if (left) sessionStorage.setItem("typed", JSON.stringify({ ...left, lost: true }));
} else {
  sessionStorage.removeItem("typed");
  // Once every module listens: what comes back is a draft like any other.
  if (left?.lost && left.path === location.pathname) addEventListener("DOMContentLoaded", () => {
    for (const field of fields().filter((one) => left.texts[named(one)])) {
      field.value = left.texts[named(field)];
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  addEventListener("pagehide", () => {
    const texts = Object.fromEntries(fields().filter((one) => one.value !== one.defaultValue).map((one) => [named(one), one.value]));
    sessionStorage.setItem("typed", JSON.stringify({ path: location.pathname, texts }));
  });
}
