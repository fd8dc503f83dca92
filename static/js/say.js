// The page's one polite voice: what stands in #said is read out by screen readers.

export function say(words) {
  const voice = document.getElementById("said");
  if (!voice) return;
  voice.textContent = "";
  // A change in a later task is announced even when the words are the same as before.
  setTimeout(() => { voice.textContent = words; }, 50);
}
