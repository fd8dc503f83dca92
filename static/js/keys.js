// Keys of every page: "/" goes to the search box, "?" to the list of keys. Never while somebody types, and never for
// those who have switched them off.

export function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

// What the account page tells the other tabs of this browser: the keys, their switch and how one sends, as they are now.
export const news = new BroadcastChannel("shortcuts");
news.addEventListener("message", ({ data }) => { document.body.dataset.shortcuts = data.on ? "on" : "off"; });

export const areOn = () => document.body.dataset.shortcuts !== "off";

export function isPlain(event) {
  return areOn() && !(event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented)
    && !isTyping(event.target);
}

document.addEventListener("keydown", (event) => {
  if (!isPlain(event)) return;
  if (event.key === "/") {
    const box = document.querySelector("main input[type=search]");
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  } else if (event.key === "?") {
    const page = document.body.dataset.keys;
    if (page) location.assign(page);
  }
});
